/** The third script: the tree, the comparison, the plots and the nodes. */
import type { FunctionComponent } from "preact";
import { ComparePanel } from "./comparison/ComparePanel";
import { NodesPanel } from "./nodes/NodesPanel";
import { ScoresPanel } from "./plots/ScoresPanel";
import type { View } from "./store/screen";
import type { Store } from "./store/store";
import comparison from "./styles/comparison.css";
import nodes from "./styles/nodes.css";
import plots from "./styles/plots.css";
import tree from "./styles/tree.css";
import { TreePanel } from "./tree/TreePanel";

export const styles = tree + comparison + plots + nodes;

export const VIEWS: Record<View, FunctionComponent<{ store: Store }>> = {
  tree: TreePanel,
  compare: ComparePanel,
  scores: ScoresPanel,
  nodes: NodesPanel,
};
