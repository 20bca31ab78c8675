// Generated from src/dspy_session/inspector by js/protocol.py. Do not edit.

import type { FieldSpec } from "./shown";

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
  /** How each of its outputs is edited. */
  specs: FieldSpec[];
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
  /** LM requests of the program's own predictor; without any, 1 for the last nested one. */
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
