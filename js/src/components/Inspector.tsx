/** The whole inspector: header, open panel, turns, composer, status line. */
import type { FunctionComponent } from "preact";
import type { Panel } from "../store/screen";
import type { Store } from "../store/store";
import { BranchPanel } from "./BranchPanel";
import { Composer } from "./Composer";
import { ExportPanel } from "./ExportPanel";
import { FilterPanel } from "./FilterPanel";
import { Header } from "./Header";
import { HelpPanel } from "./HelpPanel";
import { Jobs } from "./Jobs";
import { StatusLine } from "./StatusLine";
import { Turns } from "./Turns";

const PANELS: Record<Panel, FunctionComponent<{ store: Store }>> = {
  branch: BranchPanel,
  export: ExportPanel,
  filter: FilterPanel,
  help: HelpPanel,
};

// The notebook must not act on what is typed here; the attribute in suppress.ts does the rest.
const keep = (event: Event) => event.stopPropagation();

export function Inspector({ store }: { store: Store }) {
  const open = store.panel.value;
  const OpenPanel = open && PANELS[open];
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
      <Header store={store} />
      {OpenPanel && <OpenPanel store={store} />}
      <Turns store={store} />
      <Jobs store={store} />
      <Composer store={store} />
      <StatusLine store={store} />
    </section>
  );
}
