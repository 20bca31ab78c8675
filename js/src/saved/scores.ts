/** The scores of a saved branch as plots show them, and what a threshold would keep. */
import type { Args } from "../client";
import type { Kept, ScorePoint, ScoresView } from "../protocol";
import { positionsOf, scoreOf } from "./filter";
import type { Branch, Conversation } from "./page";
import { axis } from "./tree";

const BINS = 20;
const MOST_POINTS = 800;
const MOST_DISAGREEMENTS = 8;

export function scoresView(conversation: Conversation, args: Args<"scores">): ScoresView {
  const branch = conversation.branch(args.branch);
  const points = branch.positions.flatMap((at) => pointAt(branch, at, args) ?? []);
  const values = points.map(({ value }) => value);
  const { low, high } = axis(values);
  const pairs = points.filter(({ against }) => against !== null);
  const drawn = thinned(points);
  return {
    ...{ name: args.name, turns: branch.end - branch.first, scored: points.length, low, high },
    mean: values.length ? mean(values) : null,
    bins: bins(values, low, high),
    ...{ points: drawn, thinned: drawn.length < points.length, pairs: pairs.length },
    correlation: correlation(pairs),
    disagreements: pairs
      .filter((point) => apart(point) > 0)
      .sort((a, b) => apart(b) - apart(a))
      .slice(0, MOST_DISAGREEMENTS),
  };
}

/** How many turns an export with that filter would keep. */
export function keptOf(conversation: Conversation, args: Args<"kept">): Kept {
  const branch = conversation.branch(args.branch);
  const filter = { excluded: false, ...args.filter };
  const found = positionsOf(branch, filter);
  const passed = new Set(found);
  // An exclusion is a person's choice about one turn and says nothing about later ones.
  const skipped = (at: number) => filter.excluded === false && branch.at(at).excluded;
  const end = branch.positions.find((at) => !passed.has(at) && !skipped(at)) ?? branch.end;
  const strict = found.filter((at) => at < end).length;
  return { plain: found.length, strict, turns: branch.end - branch.first };
}

function pointAt(branch: Branch, index: number, { name, against }: Args<"scores">) {
  const turn = branch.at(index);
  const value = scoreOf(turn, name);
  if (value === null) return undefined;
  const other = against === undefined ? null : scoreOf(turn, against);
  const { turn_id } = turn.detail;
  return { turn_id, index, value, against: other, excluded: turn.excluded } satisfies ScorePoint;
}

function bins(values: readonly number[], low: number, high: number): ScoresView["bins"] {
  const counts = new Array<number>(BINS).fill(0);
  for (const value of values) {
    const bin = Math.min(BINS - 1, Math.trunc(((value - low) / (high - low)) * BINS));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const edge = (place: number) => low + ((high - low) * place) / BINS;
  return counts.map((count, place) => ({ start: edge(place), stop: edge(place + 1), count }));
}

function thinned(points: ScorePoint[]): ScorePoint[] {
  if (points.length <= MOST_POINTS) return points;
  const last = points.length - 1;
  return Array.from({ length: MOST_POINTS }, (_, place) => {
    return points[Math.round((place * last) / (MOST_POINTS - 1))] as ScorePoint;
  });
}

function apart({ value, against }: ScorePoint): number {
  return Math.abs(value - (against ?? 0));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function correlation(pairs: readonly ScorePoint[]): number | null {
  if (pairs.length < 2) return null; // one point lies on every line
  const [ours, theirs] = [pairs.map(({ value }) => value), pairs.map((one) => one.against ?? 0)];
  const [centre, other] = [mean(ours), mean(theirs)];
  let [both, spread, spreadOther] = [0, 0, 0];
  for (const [at, value] of ours.entries()) {
    const [a, b] = [value - centre, (theirs[at] ?? 0) - other];
    both += a * b;
    spread += a * a;
    spreadOther += b * b;
  }
  return spread * spreadOther > 0 ? both / Math.sqrt(spread * spreadOther) : null;
}
