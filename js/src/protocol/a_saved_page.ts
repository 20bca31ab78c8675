// Generated from src/dspy_session/inspector by js/protocol.py. Do not edit.

import type { MessageView, TurnDetail } from "./expanded_turn";
import type { Summary } from "./shown";
import type { TreeView } from "./tree";

/** Where the messages that a turn or call saw and sent stand: numbers of lists. */
export interface SavedCall {
  seen: number;
  now: number;
  prompts: number[];
}

/**
 * Numbers of those values that are no plain texts, by the field's name.
 *
 * Two values at one depth are equal when their numbers are, whatever their texts say.
 */
export interface SavedValues {
  inputs: Record<string, number>;
  outputs: Record<string, number>;
}

/** One turn, as some of the branches have it. */
export interface SavedTurn {
  /** With its texts whole, without diffs, and without how calls are edited. */
  detail: TurnDetail;
  flags: string[];
  excluded: boolean;
  own: SavedCall;
  /** By the call's id. */
  calls: Record<string, SavedCall>;
  values?: SavedValues;
}

/** So many consecutive calls of a node that its next call may see, or not. */
export interface SavedSights {
  sight: "open" | "ended" | "none";
  calls: number;
}

/** Where a nested node stands on a branch. */
export interface SavedNode {
  path: string;
  in_sight: number;
  memory: string | null;
  /** All its calls on the branch, oldest first. */
  sights: SavedSights[];
}

export interface SavedBranch {
  key: string;
  /** Position of the oldest turn that is kept. */
  first: number;
  /** The list of its turns, by number, oldest first. */
  turns: number;
  /** Opens its list of turns from the session. */
  python: string;
  memory: string | null;
  nodes: SavedNode[];
}

/** What a node of the program remembers, in words. */
export interface SavedPolicy {
  path: string;
  policy: string;
}

/** A whole conversation. Its longer texts stand once, in ``texts``; elsewhere by number. */
export interface SavedPage {
  summary: Summary;
  /** Without its turns. */
  tree: TreeView;
  policies: SavedPolicy[];
  branches: SavedBranch[];
  turns: SavedTurn[];
  messages: MessageView[];
  /** Numbers: of the list that this one goes on from or -1, how many of that, then the rest. */
  lists: number[][];
  texts: string[];
}
