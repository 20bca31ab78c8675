/** The part of the page that is loaded when it is first used: panels, the expanded turn, editing. */
import type { FunctionComponent } from "preact";
import { BranchPanel } from "./components/BranchPanel";
import { ExportPanel } from "./components/ExportPanel";
import { FilterPanel } from "./components/FilterPanel";
import { HelpPanel } from "./components/HelpPanel";
import type { Panel } from "./store/screen";
import type { Store } from "./store/store";

export { Editor } from "./components/Editor";
export { TurnDetail } from "./components/TurnDetail";
export { editField, openDraft } from "./store/editing";
export { default as styles } from "./styles/more.css";

export const PANELS: Record<Panel, FunctionComponent<{ store: Store }>> = {
  branch: BranchPanel,
  export: ExportPanel,
  filter: FilterPanel,
  help: HelpPanel,
};
