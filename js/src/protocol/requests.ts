// Generated from src/dspy_session/inspector by js/protocol.py. Do not edit.

import type { CompareArgs, ComparisonView, Difference, DifferenceArgs } from "./comparison";
import type { MessageWindow, Text, TurnDetail } from "./expanded_turn";
import type { LogArgs, LogText, LogTextArgs, LogWindow } from "./log_of_actions";
import type { ReplayArgs, RerunArgs, RescoreArgs, SendArgs, StopArgs } from "./long_actions";
import type { LedgerArgs, LedgerWindow, NodesArgs, NodesView } from "./nodes";
import type { Kept, KeptArgs, ScoresArgs, ScoresView } from "./scores";
import type { Filter, Job, RowWindow, Summary } from "./shown";
import type { TreeArgs, TreeView } from "./tree";

export interface RowsArgs {
  branch: string;
  start: number;
  stop: number;
  filter?: Filter;
}

/** Where a turn stands among the filtered rows. */
export interface LocateArgs {
  branch: string;
  turn_id: string;
  filter?: Filter;
}

export interface Located {
  /** Row position, or null when the filter hides the turn. */
  position: number | null;
}

export interface TurnArgs {
  branch: string;
  turn_id: string;
}

export interface HistoryArgs {
  branch: string;
  turn_id: string;
  kind: "seen" | "now";
  start: number;
  stop: number;
  call_id?: string;
}

/** The messages of one LM request; ``which`` counts the requests of that turn or call from 0. */
export interface PromptArgs {
  branch: string;
  turn_id: string;
  which: number;
  start: number;
  stop: number;
  call_id?: string;
}

/** A range of a long value. ``part`` says which version of the field is meant. */
export interface TextArgs {
  branch: string;
  turn_id: string;
  side: "inputs" | "outputs";
  field: string;
  part: "value" | "original";
  start: number;
  stop: number;
  call_id?: string;
}

/** Set an output field to a text (``kind`` text) or to a JSON value (other kinds). */
export interface EditArgs {
  branch: string;
  turn_id: string;
  version: number;
  field: string;
  text: string;
  call_id?: string;
}

/** Take an edit back: the field counts as recorded again. */
export interface RevertArgs {
  branch: string;
  turn_id: string;
  version: number;
  field: string;
  call_id?: string;
}

/**
 * Give a turn a score by hand; null removes it. ``name`` defaults to the hand's own score.
 *
 * Feedback that is absent stays as it is, null clears.
 */
export interface ScoreArgs {
  branch: string;
  turn_id: string;
  version: number;
  value: number | null;
  name?: string;
  feedback?: string | null;
  call_id?: string;
}

/** Set label, note or exclusion; a key that is absent stays as it is, null clears. */
export interface AnnotateArgs {
  branch: string;
  turn_id: string;
  version: number;
  label?: string | null;
  note?: string | null;
  excluded?: boolean;
}

/** A new branch with the turns before ``turn_id``, whose place is free there; null: all. */
export interface ForkArgs {
  branch: string;
  turn_id: string | null;
  name?: string;
}

export interface RenameArgs {
  branch: string;
  name: string;
}

export interface StarArgs {
  branch: string;
  starred: boolean;
}

export interface PruneArgs {
  branch: string;
}

/** No arguments. */
export type UndoArgs = Record<never, never>;

/** What to export and whereto. ``target`` is a variable's name or a file's path. */
export interface ExportArgs {
  branch: string;
  filter?: Filter;
  strict_trajectory?: boolean;
  format: "examples" | "dataframe" | "jsonl" | "openai" | "openai-preference" | "trl" | "sharegpt" | "csv" | "parquet";
  target?: string;
  /** Path of a node: the calls that it made in those turns, as ``examples``. */
  node?: string;
}

/** What an export would hold, before it is made. */
export interface ExportPreview {
  /** Rows that would be written. */
  rows: number;
  columns: string[];
  /** At most five rows, values shortened. */
  sample: (Record<string, string>)[];
  /** Rows whose inputs and history equal an earlier row's. */
  duplicates: number;
  /** Rows whose fields are not those of the first row. */
  mismatched: number;
  /** Turns left out because they are excluded or filtered away. */
  excluded: number;
  /** Python that does the same. */
  python: string;
}

export interface Exported {
  rows: number;
  target: string;
  message: string;
}

/** An action was done. */
export interface Acted {
  revision: number;
  /** For the status line. */
  message: string;
  /** The branch to show now, when the action made or chose one. */
  branch?: string;
  turn_id?: string;
}

/** A long action began; progress comes as pushes, the end as a push ``finished``. */
export interface Started {
  job: Job;
}

/** A script of the page that is loaded when it is first used. */
export interface PartArgs {
  name: "more" | "views" | "markdown";
}

export interface Part {
  /** The text of a JavaScript module. */
  source: string;
}

/** Every request the page may make: its name, its arguments, its result. */
export interface Requests {
  summary: { args: UndoArgs; result: Summary };
  rows: { args: RowsArgs; result: RowWindow };
  locate: { args: LocateArgs; result: Located };
  turn: { args: TurnArgs; result: TurnDetail };
  history: { args: HistoryArgs; result: MessageWindow };
  prompt: { args: PromptArgs; result: MessageWindow };
  text: { args: TextArgs; result: Text };
  edit: { args: EditArgs; result: Acted };
  revert: { args: RevertArgs; result: Acted };
  score: { args: ScoreArgs; result: Acted };
  annotate: { args: AnnotateArgs; result: Acted };
  fork: { args: ForkArgs; result: Acted };
  rename: { args: RenameArgs; result: Acted };
  star: { args: StarArgs; result: Acted };
  prune: { args: PruneArgs; result: Acted };
  undo: { args: UndoArgs; result: Acted };
  redo: { args: UndoArgs; result: Acted };
  send: { args: SendArgs; result: Started };
  rerun: { args: RerunArgs; result: Started };
  rescore: { args: RescoreArgs; result: Started };
  replay: { args: ReplayArgs; result: Started };
  stop: { args: StopArgs; result: Acted };
  preview_export: { args: ExportArgs; result: ExportPreview };
  export: { args: ExportArgs; result: Exported };
  part: { args: PartArgs; result: Part };
  log: { args: LogArgs; result: LogWindow };
  log_text: { args: LogTextArgs; result: LogText };
  tree: { args: TreeArgs; result: TreeView };
  compare: { args: CompareArgs; result: ComparisonView };
  next_difference: { args: DifferenceArgs; result: Difference };
  scores: { args: ScoresArgs; result: ScoresView };
  kept: { args: KeptArgs; result: Kept };
  nodes: { args: NodesArgs; result: NodesView };
  ledger: { args: LedgerArgs; result: LedgerWindow };
}
