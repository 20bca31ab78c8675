/** Panels of the third script, which comes when one of them is first opened. */
import { lazy } from "../part";
import { shared } from "../shared_more";
import type { View } from "../store/screen";
import type { Store } from "../store/store";
import type * as views from "../views";
import { Awaited } from "./Awaited";

const third = lazy<typeof views>("views", shared);

/** The panel of a view, or that it is awaited. */
export function viewPanel(view: View) {
  return function ViewPanel({ store }: { store: Store }) {
    const part = third.here.value;
    if (!part) return <Awaited store={store} load={() => third.use(store, () => {})} />;
    const Panel = part.VIEWS[view];
    return (
      <>
        <style>{part.styles}</style>
        <Panel store={store} />
      </>
    );
  };
}
