/** The second script: the expanded turn, editing, panels, jobs, and every action. */
import type { FunctionComponent } from "preact";
import { BranchPanel } from "./components/BranchPanel";
import { ExportPanel } from "./components/ExportPanel";
import { FilterPanel } from "./components/FilterPanel";
import { HelpPanel } from "./components/HelpPanel";
import { LogPanel } from "./components/LogPanel";
import { viewPanel } from "./components/ViewPanel";
import type { Panel } from "./store/screen";
import type { Store } from "./store/store";
import markdown from "./styles/markdown.css";
import own from "./styles/more.css";

export { acted, editTarget } from "./acting_keys";
export { BelowRows } from "./components/BelowRows";
export { BelowTurns } from "./components/BelowTurns";
export { editorAt } from "./components/Editor";
export { TurnDetail } from "./components/TurnDetail";
export { shared } from "./shared_more";
export { act, jobFinished, start } from "./store/actions";
export { sendMessage } from "./store/sending";

export const styles = own + markdown;

export const PANELS: Record<Panel, FunctionComponent<{ store: Store }>> = {
  branch: BranchPanel,
  export: ExportPanel,
  filter: FilterPanel,
  help: HelpPanel,
  log: LogPanel,
  tree: viewPanel("tree"),
  compare: viewPanel("compare"),
  scores: viewPanel("scores"),
  nodes: viewPanel("nodes"),
};
