// Generated from src/dspy_session/inspector by js/protocol.py. Do not edit.

import type { Text } from "./expanded_turn";
import type { Preview } from "./shown";

export interface NodesArgs {
  branch: string;
}

/** One nested node of the program, as it stands on a branch. */
export interface NodeView {
  /** DSPy's path, e.g. ``planner`` or ``steps[0]``. */
  path: string;
  /** What it remembers, in words; empty when the node is no part of the program any more. */
  policy: string;
  /** Its calls in the turns of the branch. */
  calls: number;
  /** Calls in its ledger that its next call may see. */
  in_sight: number;
  /** What a consolidator made of its episodes. */
  memory: Text | null;
  /** Of its calls that have a score of their own. */
  mean_score: number | null;
}

/** Every nested node, and the program's own memory. */
export interface NodesView {
  revision: number;
  memory: Text | null;
  nodes: NodeView[];
}

export interface LedgerArgs {
  branch: string;
  node: string;
  start: number;
  stop: number;
}

/** One call of a node, and the turn that it was made in. */
export interface LedgerCall {
  turn_id: string;
  /** Position of the turn. */
  index: number;
  call_id: string;
  inputs: Preview[];
  outputs: Preview[];
  score: number | null;
  edited: boolean;
  /** Messages of history that the call saw. */
  saw: number;
  /**
   * Whether the node's next call may see it, it belongs to an ended episode, or it is in no
   * ledger, as the node keeps none.
   */
  sight: "open" | "ended" | "none";
}

/** Some consecutive calls of a node, oldest first. */
export interface LedgerWindow {
  revision: number;
  total: number;
  start: number;
  calls: LedgerCall[];
}
