/** In the place of what a later script shows, until it is here. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { focused } from "../focused";
import { withMore } from "../part";
import { announce } from "../store/screen";
import type { Store } from "../store/store";

interface Props {
  store: Store;
  /** Asks for the script that is missing. */
  load?: () => void;
}

export function Awaited({ store, load = () => withMore(store, () => {}) }: Props) {
  const place = useRef<HTMLParagraphElement>(null);
  const problem = store.withoutMore.value;
  const isLive = store.canAct.value;
  useEffect(load, [isLive]); // again when a kernel is back
  useLayoutEffect(() => {
    const here = place.current;
    return () => {
      // The button goes away when it has worked; the notebook must not get the keyboard.
      if (here?.contains(focused(here)))
        here.closest("section")?.querySelector<HTMLElement>(".turns [tabindex='0']")?.focus();
    };
  }, []);
  return (
    <p class="empty dim" ref={place}>
      {problem ? `⚠ ${problem} ` : isLive ? "Loading…" : "Waiting for a kernel…"}
      {problem && (
        <button
          type="button"
          onClick={() => {
            announce(store, "Trying again…");
            load();
          }}
        >
          Try again
        </button>
      )}
    </p>
  );
}
