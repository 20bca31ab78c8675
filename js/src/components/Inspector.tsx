/** The whole inspector: header, open panel, turns, composer, status line. */
import { more } from "../part";
import type { Store } from "../store/store";
import { Awaited } from "./Awaited";
import { Composer } from "./Composer";
import { Header } from "./Header";
import { StatusLine } from "./StatusLine";
import { Turns } from "./Turns";

// The notebook must not act on what is typed here; the attribute in suppress.ts does the rest.
const keep = (event: Event) => event.stopPropagation();

export function Inspector({ store }: { store: Store }) {
  const open = store.panel.value;
  const part = more.value;
  const OpenPanel = open && (part?.PANELS[open] ?? Awaited);
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
      {part && <style>{part.styles}</style>}
      <Header store={store} />
      {OpenPanel && <OpenPanel store={store} />}
      <Turns store={store} />
      {part && <part.BelowTurns store={store} />}
      <Composer store={store} />
      <StatusLine
        status={store.status}
        link={store.link}
        tryAgain={() => void store.ask("summary", {}).catch(() => {})}
      />
    </section>
  );
}
