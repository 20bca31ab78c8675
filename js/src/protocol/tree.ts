// Generated from src/dspy_session/inspector by js/protocol.py. Do not edit.

/**
 * The whole family of branches; where branches share turns, the marks are those of ``branch``.
 *
 * ``search`` is text to find in any turn of any branch.
 */
export interface TreeArgs {
  branch: string;
  search?: string;
}

/** A turn as the tree draws it. */
export interface TreeTurn {
  turn_id: string;
  index: number;
  /** The beginning of its first input, on one line. */
  said: string;
  score: number | null;
  edited: boolean;
  stale: boolean;
  excluded: boolean;
  /** It holds the text that was searched for. */
  found: boolean;
}

/** A run of turns between two forks. */
export interface TreeSegment {
  /** Place of the segment it grows from in the list; -1 for the first one, which has no turns. */
  parent: number;
  /** A branch through it: the one asked for where it passes here, else the oldest. */
  branch: string;
  start: number;
  stop: number;
  /** All of them, or of a long run the first and last few, and those found. */
  turns: TreeTurn[];
  /** Keys of the branches that end with its last turn. */
  heads: string[];
}

/** Every branch of the conversation, each turn once. Parents come before their children. */
export interface TreeView {
  revision: number;
  segments: TreeSegment[];
  /** Distinct turns. */
  turns: number;
  /** Turns that hold the text searched for; the list may leave some of them out. */
  found: number;
  /** Scores are drawn from ``low`` to ``high``: 0 to 1 unless one lies outside. */
  low: number;
  high: number;
}
