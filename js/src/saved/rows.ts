/** Rows of a saved branch, as the kernel would send them. */
import type { Args } from "../client";
import {
  type FieldDetail,
  PREVIEW_CHARS,
  type Preview,
  type Row,
  type RowWindow,
  type Sibling,
} from "../protocol";
import { isEdited, isStale, positionsOf, scoreOf } from "./filter";
import { type Branch, type Conversation, within } from "./page";
import { only, siblingsOf } from "./siblings";
import { cut } from "./text";

const MOST_ROWS = 500;

export function rowWindow(conversation: Conversation, args: Args<"rows">): RowWindow {
  const branch = conversation.branch(args.branch);
  const positions = positionsOf(branch, args.filter);
  const { start, stop } = within(args.start, args.stop, positions.length, MOST_ROWS);
  const beside = siblingsOf(branch, stop > start ? conversation.branches : []);
  return {
    ...{ branch: args.branch, revision: conversation.revision, start },
    ...{ turns: branch.end - branch.first, matched: positions.length },
    rows: positions
      .slice(start, stop)
      .map((at) => rowOf(branch, at, beside.get(at) ?? only(branch, at))),
  };
}

function rowOf(branch: Branch, position: number, siblings: readonly Sibling[]): Row {
  const turn = branch.at(position);
  const { turn_id, index, version, inputs, outputs, label, note, scores, calls } = turn.detail;
  const score = scoreOf(turn);
  const before = position > branch.first ? scoreOf(branch.at(position - 1)) : null;
  return {
    ...{ turn_id, index, version, label, note, score },
    ...{ excluded: turn.excluded, flags: turn.flags, siblings: [...siblings] },
    inputs: inputs.map(previewOf),
    outputs: outputs.map(previewOf),
    score_change: score !== null && before !== null ? score - before : null,
    feedback: scores[0]?.feedback ?? null,
    edited: isEdited(turn),
    stale: isStale(turn),
    calls: calls.length,
  };
}

/** The beginning of a field's value, and how much more there is. */
export function previewOf({ name, value, original }: FieldDetail): Preview {
  const text = cut(value.text, 0, PREVIEW_CHARS);
  const rest = value.text.slice(text.length);
  return {
    ...{ field: name, text, more_chars: rest.length, edited: original !== null },
    more_lines: rest.split("\n").length - 1,
  };
}
