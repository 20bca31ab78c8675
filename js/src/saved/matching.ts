/** What two lists of words have in common, as Python's `difflib.SequenceMatcher` finds it. */

/** Where it begins in both, and how long it is. */
export type Match = readonly [number, number, number];

/** From and up to where, on the left and on the right. */
type Ranges = readonly [number, number, number, number];

interface Compared {
  readonly left: readonly string[];
  readonly right: readonly string[];
  /** Each word of the right list that is no junk, and where it stands. */
  readonly places: ReadonlyMap<string, readonly number[]>;
  readonly isJunk: (word: string) => boolean;
}

/** The runs that both lists hold, in order; `isJunk` words count only beside others. */
export function matchesOf(
  left: readonly string[],
  right: readonly string[],
  isJunk: Compared["isJunk"],
): Match[] {
  const places = new Map<string, number[]>();
  const junk = new Set<string>();
  right.forEach((word, at) => {
    if (isJunk(word)) junk.add(word);
    else if (!places.get(word)?.push(at)) places.set(word, [at]);
  });
  const compared = { left, right, places, isJunk: (word: string) => junk.has(word) };
  const found: Match[] = [];
  const waiting: Ranges[] = [[0, left.length, 0, right.length]];
  for (let range = waiting.pop(); range; range = waiting.pop()) {
    const [from, to, start, stop] = range;
    const match = longestMatch(compared, range);
    const [a, b, size] = match;
    if (!size) continue;
    found.push(match);
    if (from < a && start < b) waiting.push([from, a, start, b]);
    if (a + size < to && b + size < stop) waiting.push([a + size, to, b + size, stop]);
  }
  return found.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
}

/** The longest run within both ranges; of several, the one that begins first on the left. */
function longestMatch(
  { left, right, places, isJunk }: Compared,
  [from, to, start, stop]: Ranges,
): Match {
  let best: Match = [from, start, 0];
  let lengths = new Map<number, number>();
  for (let i = from; i < to; i++) {
    const next = new Map<number, number>();
    for (const j of places.get(left[i] as string) ?? []) {
      if (j < start) continue;
      if (j >= stop) break;
      const length = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, length);
      if (length > best[2]) best = [i - length + 1, j - length + 1, length];
    }
    lengths = next;
  }
  const same = (i: number, j: number, junk: boolean) =>
    left[i] === right[j] && isJunk(right[j] as string) === junk;
  // By words, then by the junk on both sides.
  for (const junk of [false, true])
    best = widened(best, [from, to, start, stop], (i, j) => same(i, j, junk));
  return best;
}

function widened(
  [left, right, length]: Match,
  [from, to, start, stop]: Ranges,
  fits: (left: number, right: number) => boolean,
): Match {
  let [a, b, size] = [left, right, length];
  while (a > from && b > start && fits(a - 1, b - 1)) [a, b, size] = [a - 1, b - 1, size + 1];
  while (a + size < to && b + size < stop && fits(a + size, b + size)) size++;
  return [a, b, size];
}
