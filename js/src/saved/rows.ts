/** Rows of a saved branch: made from its turns, filtered and ordered as the kernel would. */
import { type Filter, PREVIEW_CHARS, type Preview, type Row, type SavedTurn } from "../protocol";

export function previewOf({ name, value, original }: SavedTurn["detail"]["outputs"][number]) {
  const text = value.text.slice(0, PREVIEW_CHARS);
  const rest = value.text.slice(text.length);
  const preview: Preview = {
    ...{ field: name, text, more_chars: rest.length, edited: original !== null },
    more_lines: rest ? rest.split("\n").length - 1 : 0,
  };
  return preview;
}

export function rowOf(
  turn: SavedTurn,
  before: SavedTurn | undefined,
  siblings: Row["siblings"],
): Row {
  const { detail, flags, excluded } = turn;
  const { turn_id, index, version, inputs, outputs, label, note, scores } = detail;
  const score = scores[0]?.value ?? null;
  const last = before?.detail.scores[0]?.value ?? null;
  return {
    ...{ turn_id, index, version, label, note, excluded, flags, siblings, score },
    inputs: inputs.map(previewOf),
    outputs: outputs.map(previewOf),
    score_change: score !== null && last !== null ? score - last : null,
    feedback: scores[0]?.feedback ?? null,
    edited: outputs.some(({ original }) => original !== null),
    stale: detail.stale_because.length > 0,
    calls: detail.calls.length,
  };
}

/** The turns that pass a filter, in its order, as positions on the branch. */
export function positionsOf(turns: readonly SavedTurn[], filter: Filter): number[] {
  const found = turns.flatMap((turn, at) => (passes(turn, filter) ? [at] : []));
  if (filter.sort === "score") {
    const sign = filter.descending ? -1 : 1;
    const key = (at: number) => {
      const score = turns[at]?.detail.scores[0]?.value;
      return score === undefined ? Number.POSITIVE_INFINITY : sign * score; // those without: last
    };
    found.sort((a, b) => (key(a) === key(b) ? a - b : key(a) - key(b)));
  } else if (filter.descending) found.reverse();
  return found;
}

function passes({ detail, excluded }: SavedTurn, filter: Filter): boolean {
  const { search, min_score, max_score, scored, edited, stale, label } = filter;
  const { inputs, outputs, scores, note } = detail;
  const score = scores[0]?.value ?? null;
  const texts = [...inputs, ...outputs].map(({ value }) => value.text);
  const wanted = search?.toLowerCase();
  return (
    (!wanted ||
      [...texts, detail.label ?? "", note ?? ""].some((t) => t.toLowerCase().includes(wanted))) &&
    (min_score == null || (score !== null && score >= min_score)) &&
    (max_score == null || (score !== null && score <= max_score)) &&
    (scored == null || (score !== null) === scored) &&
    (!edited || outputs.some(({ original }) => original !== null)) &&
    (!stale || detail.stale_because.length > 0) &&
    (filter.excluded == null || excluded === filter.excluded) &&
    (!label || detail.label === label)
  );
}
