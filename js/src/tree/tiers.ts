/** A score as a shape and a strength of colour, so that neither is needed to read the other. */

export type Tier = "high" | "middle" | "low" | "none";

/** In thirds of the range that scores are drawn in. */
export function tierOf(score: number | null, low: number, high: number): Tier {
  if (score === null) return "none";
  const share = shareOf(score, low, high);
  return share >= 2 / 3 ? "high" : share >= 1 / 3 ? "middle" : "low";
}

/** How far a score lies between the ends of the range, from 0 to 1. */
export function shareOf(score: number, low: number, high: number): number {
  return Math.max(0, Math.min(1, (score - low) / (high - low || 1)));
}

/** The outline of a tier around 0, 0: circle, diamond, triangle that points down, small circle. */
export const OUTLINES: Record<Tier, string> = {
  high: "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0 -12 0z",
  middle: "M0 -7L7 0L0 7L-7 0z",
  low: "M-6.5 -5H6.5L0 6.5z",
  none: "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z",
};
