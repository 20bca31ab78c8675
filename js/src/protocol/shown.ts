// Generated from src/dspy_session/inspector by js/protocol.py. Do not edit.

/** One input or output field of the program: how to head its column and how to edit it. */
export interface FieldSpec {
  name: string;
  kind: "text" | "json" | "number" | "boolean" | "choice";
  /** The field's type as a person would write it, e.g. ``list[str]``. */
  annotation: string;
  /** The allowed values when ``kind`` is ``choice``, else empty. */
  choices: string[];
  /** False: turns have it, recorded by another program, but this one does not. */
  known: boolean;
}

/** One branch of the conversation. */
export interface BranchView {
  /** Stable id; every request names a branch by it. */
  key: string;
  name: string;
  turns: number;
  /** Key of the branch it was forked from, or null for a root. */
  parent: string | null;
  /** How many turns it shares with its parent. */
  forked_at: number;
  mean_score: number | null;
  starred: boolean;
}

/** The beginning of one field's value. */
export interface Preview {
  field: string;
  /** At most ``PREVIEW_CHARS`` characters. */
  text: string;
  /** Lines of the full value that ``text`` leaves out. */
  more_lines: number;
  more_chars: number;
  edited: boolean;
}

/** Another turn at the same place of the tree, and a branch that leads to it. */
export interface Sibling {
  branch: string;
  turn_id: string;
  /** The branch's name. */
  name: string;
}

/** One turn of a branch, as the table shows it when collapsed. */
export interface Row {
  turn_id: string;
  /** Position on the branch, 0 = oldest. Stays true after old turns were trimmed. */
  index: number;
  /** Counts the amendments of this turn on this branch; an edit names the one it was based on. */
  version: number;
  inputs: Preview[];
  outputs: Preview[];
  score: number | null;
  /** Score minus the score of the turn before, when both have one. */
  score_change: number | null;
  feedback: string | null;
  label: string | null;
  note: string | null;
  edited: boolean;
  /** The history the model saw here is not the history as it is now. */
  stale: boolean;
  excluded: boolean;
  /** All turns at this place, this one among them, oldest first; a single entry: no sibling. */
  siblings: Sibling[];
  /** Calls of nested predictors recorded in this turn. */
  calls: number;
  /** Plain sentences about what is special here, e.g. a value that could not be copied. */
  flags: string[];
}

/** Which rows are wanted, and in which order. Empty: all, oldest first. */
export interface Filter {
  /** Case-insensitive text in any input, output, label or note. */
  search?: string;
  /**
   * The score that ``min_score``, ``max_score``, ``scored`` and ``sort`` go by; absent: the one
   * that counts.
   */
  score_name?: string | null;
  min_score?: number | null;
  max_score?: number | null;
  /** True: only turns with a score; false: only those without. */
  scored?: boolean | null;
  edited?: boolean;
  stale?: boolean;
  excluded?: boolean | null;
  label?: string | null;
  sort?: "index" | "score";
  descending?: boolean;
}

/** Some consecutive rows of the filtered branch. */
export interface RowWindow {
  branch: string;
  revision: number;
  /** Turns on the branch. */
  turns: number;
  /** Rows after filtering; the scroll bar's length. */
  matched: number;
  start: number;
  rows: Row[];
}

/** A call that is being made now, in a cell or by a click; it becomes a row when it commits. */
export interface RunningTurn {
  branch: string;
  index: number;
  inputs: Preview[];
  /** Path of the nested predictor whose answer is being written; empty for the program's own. */
  node: string;
  /** The end of what the model has written so far; empty where it does not stream. */
  written: string;
  started_at: string;
}

/** A long action at work in the kernel. It can be stopped by its id. */
export interface Job {
  id: number;
  kind: "send" | "rerun" | "rescore" | "replay";
  label: string;
  branch: string;
  done: number;
  /** 0 when unknown. */
  total: number;
}

/** Everything but the rows below the first screen. */
export interface Summary {
  protocol: number;
  revision: number;
  /** The program's class name. */
  title: string;
  /** Key of the branch to show first. */
  branch: string;
  branches: BranchView[];
  inputs: FieldSpec[];
  outputs: FieldSpec[];
  /** Names of the metrics that can be run, from ``inspect(metrics=[...])``. */
  metrics: string[];
  /** Names under which any turn of the conversation has a score. */
  scored_by: string[];
  labels: string[];
  /** Names of the fields that a page shows as Markdown until someone chooses otherwise. */
  markdown: string[];
  /** Paths of the nested predictors and other nodes of the program. */
  nodes: string[];
  /** False in a saved page, which is for reading. */
  can_edit: boolean;
  /** False when there is no program to call, e.g. a conversation loaded for reading. */
  can_call: boolean;
  /** What Undo would undo, in words, or null. */
  undo: string | null;
  redo: string | null;
  jobs: Job[];
  running: RunningTurn[];
  /** The first rows of ``branch``, unfiltered. */
  head: RowWindow;
}
