/** How the kernel made of memory answers what the tree and the plots ask. */
import type { Kept, ScoresView, TreeSegment, TreeView } from "../src/protocol";
import type { MemoryKernel, MemoryTurn } from "./memory_kernel";
import { meanScore } from "./memory_view";

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
