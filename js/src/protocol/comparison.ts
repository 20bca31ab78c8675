// Generated from src/dspy_session/inspector by js/protocol.py. Do not edit.

import type { DiffPart } from "./expanded_turn";

/** Rows ``start`` to ``stop`` of two branches aligned by depth. */
export interface CompareArgs {
  branch: string;
  other: string;
  start: number;
  stop: number;
}

/** A number on both sides; null where a side has none. */
export interface BothNumbers {
  left: number | null;
  right: number | null;
}

/** One field of two turns. */
export interface FieldPair {
  name: string;
  side: "inputs" | "outputs";
  changed: boolean;
  /** Left to right, by words; a field that did not change is one ``same`` part. */
  parts: DiffPart[];
  /** Characters that the parts leave out at their end. */
  left_out: number;
}

/** The turns of two branches at one depth. */
export interface TurnPair {
  index: number;
  /** Id of the turn; null where the branch has none. */
  left: string | null;
  right: string | null;
  /** Both branches hold the very same recorded turn; its edits and scores may still differ. */
  shared: boolean;
  /** A field or a score differs. */
  differs: boolean;
  fields: FieldPair[];
  scores: Record<string, BothNumbers>;
  /** Sent and received. */
  tokens: BothNumbers;
  cost: BothNumbers;
  latency_s: BothNumbers;
}

export interface ComparisonView {
  /** Name of the branch that is compared. */
  left: string;
  right: string;
  /** Rows: the depth of the longer branch. */
  total: number;
  /** Leading rows that hold the same recorded turns. */
  shared: number;
  /** Rows that differ; null when there are too many to count at once. */
  differing: number | null;
  /** Metric name to the mean scores where both sides have one; empty when too many to count. */
  means: Record<string, BothNumbers>;
  start: number;
  turns: TurnPair[];
}

/** The next row after ``row`` that differs, or the last one before it. */
export interface DifferenceArgs {
  branch: string;
  other: string;
  row: number;
  backwards: boolean;
}

export interface Difference {
  /** Null: there is none that way. */
  row: number | null;
}
