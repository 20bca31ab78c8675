// Generated from src/dspy_session/inspector by js/protocol.py. Do not edit.

import type { Filter } from "./shown";

/** The scores of one name on a branch, and beside them those of another name. */
export interface ScoresArgs {
  branch: string;
  name: string;
  against?: string;
}

/** Turns with a score from ``start`` up to ``stop``; the last bin holds ``stop`` too. */
export interface ScoreBin {
  start: number;
  stop: number;
  count: number;
}

export interface ScorePoint {
  turn_id: string;
  index: number;
  value: number;
  against: number | null;
  excluded: boolean;
}

export interface ScoresView {
  name: string;
  turns: number;
  scored: number;
  mean: number | null;
  /** The axis goes from ``low`` to ``high``: 0 to 1 unless a score lies outside. */
  low: number;
  high: number;
  bins: ScoreBin[];
  /** In order of the branch; of very many turns an even choice. */
  points: ScorePoint[];
  thinned: boolean;
  /** Turns that have both scores. */
  pairs: number;
  /** Pearson's, over those; null when it is not defined. */
  correlation: number | null;
  /** Turns whose two scores lie farthest apart, farthest first. */
  disagreements: ScorePoint[];
}

export interface KeptArgs {
  branch: string;
  filter: Filter;
}

/** How many turns an export would keep. */
export interface Kept {
  plain: number;
  /** With strict trajectory: those before the first turn that does not pass. */
  strict: number;
  turns: number;
}
