// Generated from src/dspy_session/inspector/_protocol.py by js/protocol.py. Do not edit.

/** Raised on every incompatible change. A page built for another version asks for a restart. */
export const PROTOCOL_VERSION = 1;

/** The most characters of a field that a row carries; the full text comes on expansion. */
export const PREVIEW_CHARS = 400;

/** The most characters of a text in one answer; the rest is fetched with ``text`` by range. */
export const TEXT_CHARS = 200000;

/** The longest text that one edit may carry; a longer one is refused and nothing changes. */
export const EDIT_CHARS = 1000000;

/** One input or output field of the program: how to head its column and how to edit it. */
export interface FieldSpec {
  name: string;
  kind: "text" | "json" | "number" | "boolean" | "choice";
  /** The field's type as a person would write it, e.g. ``list[str]``. */
  annotation: string;
  /** The allowed values when ``kind`` is ``choice``, else empty. */
  choices: string[];
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

/** A value as text, in full or, when very long, its beginning. */
export interface Text {
  text: string;
  /** Characters of the whole value; more than ``len(text)`` when the rest was left out. */
  length: number;
}

/** A run of words of a word diff, in reading order. */
export type DiffPart = ["same" | "added" | "removed", string];

/** One field of a turn or of a nested call, in full. */
export interface FieldDetail {
  name: string;
  /** What counts now: the edited value where there is one. */
  value: Text;
  /** What was recorded, when the field was edited; else null. */
  original: Text | null;
  /** Original to edited, by words; empty when not edited. */
  diff: DiffPart[];
}

/** What a turn or call cost. */
export interface Usage {
  model: string | null;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  /** US dollars, as reported by the LM client. */
  cost: number | null;
  latency_s: number | null;
  cached: boolean;
  /** ISO 8601 with offset. */
  created_at: string;
}

export interface ScoreDetail {
  name: string;
  value: number;
  feedback: string | null;
}

/** One call of a nested predictor within a turn, as its own ledger recorded it. */
export interface CallDetail {
  call_id: string;
  /** The predictor's path in the program, e.g. ``planner`` or ``steps[0]``. */
  node: string;
  inputs: FieldDetail[];
  outputs: FieldDetail[];
  /** Messages of history that this call saw. */
  history_turns: number;
  memory: string | null;
  scores: ScoreDetail[];
  usage: Usage;
  /** LM requests this call made. */
  prompts: number;
  version: number;
}

/** Everything about one turn except its history and prompt, which are fetched by window. */
export interface TurnDetail {
  turn_id: string;
  index: number;
  version: number;
  inputs: FieldDetail[];
  outputs: FieldDetail[];
  scores: ScoreDetail[];
  label: string | null;
  note: string | null;
  usage: Usage;
  /** Messages in the history as the model saw it. */
  history_seen: number;
  /** Messages in the history as it would be now. */
  history_now: number;
  /** LM requests made by the program's own predictor (nested calls count their own). */
  prompts: number;
  calls: CallDetail[];
  /** Python that opens this turn from the session. */
  python: string;
  /** Indices of earlier turns that were changed since this one was recorded. */
  stale_because: number[];
  /** How the turn was made beside its inputs, e.g. ``{"source": "add_turn"}``. */
  parameters: Record<string, string>;
}

/** One message of a history (fields of a past turn) or of a prompt (role and content). */
export interface MessageView {
  /** ``turn 3`` or ``seed 0`` in a history, the role in a prompt. */
  title: string;
  fields: FieldDetail[];
  /** In a history as it is now: differs from what the model saw. */
  changed: boolean;
}

export interface MessageWindow {
  total: number;
  start: number;
  messages: MessageView[];
}

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

/** Give a turn a score by hand; null removes it. ``name`` defaults to the hand's own score. */
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

/** A new branch with the turns before ``turn_id``, whose place is free there; null: all turns. */
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

/** Say something on a branch: a value in text form for each input field. */
export interface SendArgs {
  branch: string;
  inputs: Record<string, string>;
}

/** The same turn again with a fresh rollout, on a new branch; ``inputs`` replaces some. */
export interface RerunArgs {
  branch: string;
  turn_id: string;
  inputs?: Record<string, string>;
}

export interface RescoreArgs {
  branch: string;
  metric: string;
}

export interface StopArgs {
  job: number;
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
  stop: { args: StopArgs; result: Acted };
  preview_export: { args: ExportArgs; result: ExportPreview };
  export: { args: ExportArgs; result: Exported };
}

export interface Request {
  ask: string;
  seq: number;
  args: Record<string, unknown>;
}

/** Why a request was refused, and what to do. Nothing was changed. */
export interface Problem {
  code: "bad-request" | "not-found" | "conflict" | "refused" | "failed";
  message: string;
}

export interface Reply {
  re: number;
  revision: number;
  result?: unknown;
  error?: Problem;
}

/** The conversation is now at ``revision``; ask for what is on the screen. */
export interface Changed {
  push: "changed";
  revision: number;
}

export interface Progress {
  push: "progress";
  jobs: Job[];
  running: RunningTurn[];
}

/** A long action ended: done, stopped by hand, or failed. ``message`` is for the status line. */
export interface Finished {
  push: "finished";
  job: number;
  outcome: "done" | "stopped" | "failed";
  message: string;
  branch?: string;
  turn_id?: string;
}

export type Push = Changed | Progress | Finished;
