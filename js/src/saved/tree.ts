/** The whole family of saved branches, seen from one of them. */
import type { Args } from "../client";
import type { TreeSegment, TreeTurn, TreeView } from "../protocol";
import { holds, isEdited, isStale, scoreOf } from "./filter";
import type { Branch, Conversation } from "./page";
import { oneLine, stripped } from "./text";

const MOST_DRAWN = 200;
const ENDS = 3;
const MOST_FOUND = 300;
const SAID_CHARS = 60;

export function treeView(conversation: Conversation, { branch, search }: Args<"tree">): TreeView {
  const { tree } = conversation.page;
  const text = stripped(search ?? "");
  const through = passed(tree.segments, branch);
  const first = conversation.branches.find(({ saved }) => saved.key === branch)?.first ?? 0;
  let toShow = MOST_FOUND;
  const segments = tree.segments.map((segment, place): TreeSegment & { hits: number } => {
    const shown = through.has(place) && first <= segment.start; // it may have forgotten turns
    const key = shown ? branch : segment.branch;
    const holder = conversation.branch(key);
    const every = Array.from({ length: segment.stop - segment.start }, (_, at) => {
      return segment.start + at;
    });
    const hits = text ? every.filter((at) => holds(holder.at(at), text)) : [];
    const drawn = new Set(hits.slice(0, toShow));
    toShow = Math.max(0, toShow - hits.length);
    const ends = tree.turns <= MOST_DRAWN || every.length <= 2 * ENDS + 1 ? every.length : ENDS;
    const positions = every.filter(
      (at, step) => step < ends || step >= every.length - ends || drawn.has(at),
    );
    const found = new Set(hits);
    const turns = positions.map((at) => turnAt(holder, at, found.has(at)));
    return { ...segment, branch: key, turns, hits: hits.length };
  });
  const scores = segments.flatMap(({ turns }) => turns.flatMap(({ score }) => score ?? []));
  return {
    ...{ revision: conversation.revision, turns: tree.turns },
    segments: segments.map(({ hits: _, ...segment }) => segment),
    found: segments.reduce((sum, { hits }) => sum + hits, 0),
    ...axis(scores),
  };
}

/** The range to draw scores in: 0 to 1 unless one lies outside. */
export function axis(scores: readonly number[]): { low: number; high: number } {
  const all = (pick: (...numbers: number[]) => number, from: number) =>
    scores.reduce((found, score) => pick(found, score), from);
  return { low: all(Math.min, 0), high: all(Math.max, 1) };
}

/** The places of the segments that a branch passes. */
function passed(segments: readonly TreeSegment[], key: string): ReadonlySet<number> {
  const path = new Set<number>();
  let place = segments.findIndex(({ heads }) => heads.includes(key));
  for (; place >= 0; place = segments[place]?.parent ?? -1) path.add(place);
  return path;
}

function turnAt(branch: Branch, index: number, found: boolean): TreeTurn {
  const turn = branch.at(index);
  const { turn_id, inputs } = turn.detail;
  return {
    ...{ turn_id, index, found, excluded: turn.excluded },
    said: oneLine(inputs[0]?.value.text ?? "", SAID_CHARS),
    score: scoreOf(turn),
    edited: isEdited(turn),
    stale: isStale(turn),
  };
}
