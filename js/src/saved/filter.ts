/** Which turns of a saved branch are wanted, and in which order. */
import type { Filter, SavedTurn } from "../protocol";
import type { Branch } from "./page";

/** The positions of the turns that pass a filter, in the order it asks for. */
export function positionsOf(branch: Branch, filter: Filter = {}): number[] {
  const found = branch.positions.filter((at) => passes(branch.at(at), filter));
  if (filter.sort === "score") return byScore(branch, found, filter);
  return filter.descending ? found.reverse() : found;
}

/** Those without a score come last, whichever way. */
function byScore(branch: Branch, found: readonly number[], filter: Filter): number[] {
  const score = (at: number) => scoreOf(branch.at(at), filter.score_name);
  const sign = filter.descending ? -1 : 1;
  const scored = found.filter((at) => score(at) !== null);
  scored.sort((a, b) => sign * ((score(a) as number) - (score(b) as number)));
  return [...scored, ...found.filter((at) => score(at) === null)];
}

/** A turn's score of a name; without a name, the score that counts. */
export function scoreOf({ detail }: SavedTurn, name?: string | null): number | null {
  const score = name ? detail.scores.find((one) => one.name === name) : detail.scores[0];
  return score?.value ?? null;
}

export function isEdited({ detail }: Pick<SavedTurn, "detail">): boolean {
  return detail.outputs.some(({ original }) => original !== null);
}

export function isStale({ detail }: SavedTurn): boolean {
  return detail.stale_because.length > 0;
}

/** Whether a turn holds a text in any input, output, label or note, in whichever case. */
export function holds({ detail }: SavedTurn, text: string): boolean {
  const values = [...detail.inputs, ...detail.outputs].map(({ value }) => value.text);
  const all = [...values, detail.label ?? "", detail.note ?? ""].join("\0");
  return folded(all).includes(folded(text));
}

function passes(turn: SavedTurn, filter: Filter): boolean {
  const { search, min_score, max_score, scored, excluded, label } = filter;
  const score = scoreOf(turn, filter.score_name);
  return (
    (!filter.edited || isEdited(turn)) &&
    (!label || turn.detail.label === label) &&
    (excluded == null || turn.excluded === excluded) &&
    (scored == null || (score !== null) === scored) &&
    (min_score == null || (score !== null && score >= min_score)) &&
    (max_score == null || (score !== null && score <= max_score)) &&
    (!filter.stale || isStale(turn)) &&
    (!search || holds(turn, search))
  );
}

/** A text for comparing in whichever case: equal where Python's `casefold` makes equal ones. */
export function folded(text: string): string {
  const fold = (part: string) => part.toUpperCase().toLowerCase().replaceAll("ς", "σ");
  return text.split("ı").map(fold).join("ı"); // which is no i there
}
