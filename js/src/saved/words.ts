/** Two texts compared word by word, with the same result as the kernel's. */
import type { DiffPart } from "../protocol";
import { matchesOf } from "./matching";
import { BLANKS } from "./text";

const WORDS = new RegExp(`[${BLANKS}]+|[\\p{L}\\p{N}_]+|[^]`, "gu");
const LINES = /[^\n]*\n|[^\n]+/g;
const BLANK = new RegExp(`^[${BLANKS}]+$`);

/** The most pairs of words to compare; longer texts are compared by lines, or not at all. */
const MOST_WORK = 400_000;

/** The runs that stayed, went and came, in reading order. */
export function wordDiff(original: string, edited: string): DiffPart[] {
  if (original === edited) return original ? [["same", original]] : [];
  return joined(parts(original, edited));
}

function* parts(original: string, edited: string): Generator<DiffPart> {
  const [old, now] = [original.match(WORDS) ?? [], edited.match(WORDS) ?? []];
  const most = Math.min(old.length, now.length);
  let start = 0;
  while (start < most && old[start] === now[start]) start++;
  let end = 0;
  while (end < most - start && old.at(-1 - end) === now.at(-1 - end)) end++;
  yield ["same", old.slice(0, start).join("")];
  yield* middle(old.slice(start, old.length - end), now.slice(start, now.length - end));
  yield ["same", old.slice(old.length - end).join("")];
}

function* middle(oldWords: string[], newWords: string[]): Generator<DiffPart> {
  let [old, now] = [oldWords, newWords];
  if (old.length * now.length > MOST_WORK)
    [old, now] = [old.join("").match(LINES) ?? [], now.join("").match(LINES) ?? []];
  const compared = old.length * now.length <= MOST_WORK;
  // Blanks are everywhere: they match beside words, never on their own.
  const matches = compared ? matchesOf(old, now, (word) => BLANK.test(word)) : [];
  let [inOld, inNew] = [0, 0];
  for (const [a, b, size] of [...matches, [old.length, now.length, 0] as const]) {
    yield ["removed", old.slice(inOld, a).join("")];
    yield ["added", now.slice(inNew, b).join("")];
    yield ["same", old.slice(a, a + size).join("")];
    [inOld, inNew] = [a + size, b + size];
  }
}

/** Leaves out empty runs, and makes one of neighbours of a kind. */
function joined(runs: Iterable<DiffPart>): DiffPart[] {
  const found: DiffPart[] = [];
  for (const [kind, text] of runs) {
    const last = found.at(-1);
    if (!text) continue;
    if (last?.[0] === kind) last[1] += text;
    else found.push([kind, text]);
  }
  return found;
}
