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

/** One turn, as some of the branches have it. */
export interface SavedTurn {
  /** With its texts whole. */
  detail: TurnDetail;
  flags: string[];
  excluded: boolean;
  own: SavedCall;
  /** By the call's id. */
  calls: Record<string, SavedCall>;
}

/** A whole conversation. Its longer texts stand once, in ``texts``; elsewhere by number. */
export interface SavedPage {
  summary: Summary;
  tree: TreeView;
  /** Key of a branch to the list of its turns, by number, oldest first. */
  branches: Record<string, number>;
  turns: SavedTurn[];
  messages: MessageView[];
  /** Numbers: of the list that this one goes on from or -1, how many of that, then the rest. */
  lists: number[][];
  texts: string[];
}
