/** The whole inspector: header, open panel, turns, composer, status line. */
import { useEffect } from "preact/hooks";
import { more, withMore } from "../part";
import type { Store } from "../store/store";
import { Composer } from "./Composer";
import { Header } from "./Header";
import { Jobs } from "./Jobs";
import { StatusLine } from "./StatusLine";
import { Turns } from "./Turns";

// The notebook must not act on what is typed here; the attribute in suppress.ts does the rest.
const keep = (event: Event) => event.stopPropagation();

export function Inspector({ store }: { store: Store }) {
  const open = store.panel.value;
  const OpenPanel = open && more.value?.PANELS[open];
  useEffect(() => {
    if (open) withMore(store, () => {});
  }, [store, open]);
  const close = (event: KeyboardEvent) => {
    if (event.key === "Escape" && open && !event.defaultPrevented) store.panel.value = null;
    keep(event);
  };
  return (
    <section
      class="inspector"
      aria-label="Session inspector"
      onKeyDown={close}
      onKeyPress={keep}
      onKeyUp={keep}
    >
      {more.value && <style>{more.value.styles}</style>}
      <Header store={store} />
      {OpenPanel && <OpenPanel store={store} />}
      <Turns store={store} />
      <Jobs store={store} />
      <Composer store={store} />
      <StatusLine store={store} />
    </section>
  );
}
