/** From numbers to places in a plot. */

/** A plot's own pixels; it is drawn as wide as there is room. */
export const WIDTH = 320;
export const HEIGHT = 112;
export const LEFT = 30;
export const RIGHT = 8;
export const TOP = 8;
export const BOTTOM = 18;

export interface Scale {
  readonly at: (number: number) => number;
  /** The number at a place, within the ends. */
  readonly of: (place: number) => number;
}

/** Maps `low` to `from` and `high` to `to`; a single number lies in the middle. */
export function scale(low: number, high: number, from: number, to: number): Scale {
  const span = high - low;
  return {
    at: (number) => (span ? from + ((number - low) / span) * (to - from) : (from + to) / 2),
    of: (place) => low + Math.max(0, Math.min(1, (place - from) / (to - from))) * span,
  };
}

export const across = (low: number, high: number) => scale(low, high, LEFT, WIDTH - RIGHT);
export const upward = (low: number, high: number) => scale(low, high, HEIGHT - BOTTOM, TOP);

/** A number with as many decimals as the range needs. */
export function brief(number: number, range: number): string {
  return number.toFixed(range > 20 ? 0 : range > 2 ? 1 : 2);
}

/** A hundredth of the range: what one press of an arrow key moves. */
export function stepOf(low: number, high: number): number {
  return (high - low) / 100;
}
