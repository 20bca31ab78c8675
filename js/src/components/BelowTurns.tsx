/** What stands between the turns and the composer: jobs at work, and what the last one made. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { keepFocus } from "../keep_focus";
import type { Store } from "../store/store";
import { CompareOffer } from "./CompareOffer";
import { Jobs } from "./Jobs";

export function BelowTurns({ store }: { store: Store }) {
  const place = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const inspector = place.current?.closest("section");
    return inspector ? keepFocus(inspector) : undefined;
  }, []);
  return (
    <>
      <span ref={place} hidden />
      <Jobs store={store} />
      <CompareOffer store={store} />
    </>
  );
}
