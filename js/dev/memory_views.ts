/** How the kernel made of memory answers what the tree and the plots ask. */
import type {
  BothNumbers,
  ComparisonView,
  Difference,
  DiffPart,
  FieldPair,
  Kept,
  Requests,
  ScoresView,
  TreeSegment,
  TreeView,
  TurnPair,
} from "../src/protocol";
import type { MemoryKernel, MemoryTurn } from "./memory_kernel";
import { meanScore, valueIn } from "./memory_view";

/** The branches as a tree whose runs end where any branch forks or ends. */
export function treeOf(kernel: MemoryKernel, search = ""): TreeView {
  const { branches, revision } = kernel.state;
  const segments: TreeSegment[] = [
    { parent: -1, branch: branches[0]?.key ?? "", start: 0, stop: 0, turns: [], heads: [] },
  ];
  const drawn = (turn: MemoryTurn, index: number) => ({
    ...{ turn_id: turn.id, index, said: Object.values(turn.inputs)[0] ?? "", score: turn.score },
    ...{ edited: Object.keys(turn.edited).length > 0, stale: turn.stale, excluded: turn.excluded },
    found: !!search && JSON.stringify([turn.inputs, turn.outputs]).includes(search),
  });
  const grow = (parent: number, start: number, through: typeof branches) => {
    const starts = new Map<string, typeof branches>();
    for (const branch of through) {
      const id = branch.turns[start]?.id;
      if (!id) segments[parent]?.heads.push(branch.key);
      else starts.set(id, [...(starts.get(id) ?? []), branch]);
    }
    for (const group of starts.values()) {
      const [one] = group;
      if (!one) continue;
      let stop = start + 1;
      while (
        stop < one.turns.length &&
        group.every(({ turns }) => turns[stop]?.id === one.turns[stop]?.id)
      )
        stop++;
      const turns = one.turns.slice(start, stop).map((turn, at) => drawn(turn, start + at));
      segments.push({ parent, branch: one.key, start, stop, turns, heads: [] });
      grow(segments.length - 1, stop, group);
    }
  };
  grow(0, 0, branches);
  const turns = segments.flatMap((segment) => segment.turns);
  const found = turns.filter((turn) => turn.found).length;
  return { revision, segments, turns: turns.length, found, low: 0, high: 1 };
}

const NONE: BothNumbers = { left: null, right: null };

/** Two branches row by row; a field that differs is one part that went and one that came. */
export function compared(
  kernel: MemoryKernel,
  { branch, other, start, stop }: Requests["compare"]["args"],
): ComparisonView {
  const [left, right] = [kernel.branch(branch), kernel.branch(other)];
  const total = Math.max(left.turns.length, right.turns.length);
  const pairs = Array.from({ length: total }, (_, index): TurnPair => {
    const [one, two] = [left.turns[index], right.turns[index]];
    const names = Object.keys({ ...one?.inputs, ...one?.outputs, ...two?.inputs, ...two?.outputs });
    const fields = names.map((name): FieldPair => {
      const [before, after] = [one && valueIn(one, name), two && valueIn(two, name)];
      const changed = before !== after;
      const side = name in { ...one?.inputs, ...two?.inputs } ? "inputs" : "outputs";
      const parts: DiffPart[] = changed ? [] : [["same", before ?? ""]];
      if (changed && before) parts.push(["removed", before]);
      if (changed && after) parts.push(["added", after]);
      return { name, side, changed, parts, left_out: 0 };
    });
    const score = { left: one?.score ?? null, right: two?.score ?? null };
    return {
      ...{ index, left: one?.id ?? null, right: two?.id ?? null, fields },
      shared: one?.id === two?.id,
      differs: fields.some(({ changed }) => changed) || score.left !== score.right,
      scores: score.left === null && score.right === null ? {} : { exact: score },
      ...{ tokens: { left: 812, right: 640 }, cost: NONE, latency_s: { left: 1.3, right: 0.9 } },
    };
  });
  const parted = pairs.findIndex(({ shared }) => !shared);
  return {
    ...{ left: left.name, right: right.name, total, start },
    shared: parted < 0 ? total : parted,
    differing: pairs.filter(({ differs }) => differs).length,
    means: { exact: { left: 0.4, right: 0.7 } },
    turns: pairs.slice(start, stop),
  };
}

export function nextDifference(
  kernel: MemoryKernel,
  { row, backwards, ...at }: Requests["next_difference"]["args"],
): Difference {
  const { turns } = compared(kernel, { ...at, start: 0, stop: Infinity });
  const rows = turns.flatMap(({ differs }, at) => (differs ? [at] : []));
  const next = backwards ? rows.findLast((one) => one < row) : rows.find((one) => one > row);
  return { row: next ?? null };
}

export function scoresOf(kernel: MemoryKernel, key: string, name: string): ScoresView {
  const { turns } = kernel.branch(key);
  const points = turns.flatMap(({ id, score, excluded }, index) =>
    score === null ? [] : [{ turn_id: id, index, value: score, against: 1 - score, excluded }],
  );
  const bins = Array.from({ length: 20 }, (_, at) => ({
    ...{ start: at / 20, stop: (at + 1) / 20 },
    count: points.filter(({ value }) => Math.min(19, Math.floor(value * 20)) === at).length,
  }));
  return {
    ...{ name, turns: turns.length, scored: points.length, mean: meanScore(turns), low: 0 },
    ...{ high: 1, bins, points, thinned: false, pairs: points.length, correlation: -1 },
    disagreements: points.slice(0, 3),
  };
}

export function keptOf(kernel: MemoryKernel, key: string, least: number): Kept {
  const { turns } = kernel.branch(key);
  const passes = turns.map(({ score }) => score !== null && score >= least);
  const first = passes.indexOf(false);
  const plain = passes.filter(Boolean).length;
  return { plain, strict: first < 0 ? plain : first, turns: turns.length };
}
