/** A saved page's data: shared texts put back in their places, lists written out. */
import type { SavedPage } from "../protocol";

const TEXT = "\0text";

/** Puts the texts back, in place; what stands in two places is the same string in memory. */
export function withTexts(page: SavedPage): SavedPage {
  const { texts } = page;
  const back = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (TEXT in value) return texts[value[TEXT] as number] ?? "";
    const parts = value as Record<string, unknown>;
    for (const name of Object.keys(parts)) {
      // A field may be called __proto__: then assignment would not make it.
      const given = { value: back(parts[name]), writable: true, enumerable: true };
      if (typeof parts[name] === "object") Object.defineProperty(parts, name, given);
    }
    return value;
  };
  const { texts: _, ...rest } = page;
  return { ...(back(rest) as SavedPage), texts };
}

/** Lists of numbers, written out when first asked for; the newest are kept. */
export class Lists {
  private readonly known = new Map<number, readonly number[]>();

  constructor(private readonly written: readonly (readonly number[])[]) {}

  at(number: number): readonly number[] {
    const known = this.known.get(number);
    if (known) return known;
    // Back to a list that is known or begins by itself, then forward again.
    const chain: (readonly number[])[] = [];
    let at = number;
    while (at >= 0 && !this.known.has(at)) {
      const one = this.written[at];
      if (!one) break;
      chain.push(one);
      at = one[0] ?? -1;
    }
    const list = [...(this.known.get(at) ?? [])];
    for (const one of chain.reverse()) {
      list.length = Math.min(list.length, one[1] ?? 0);
      for (let index = 2; index < one.length; index++) list.push(one[index] as number);
    }
    if (this.known.size > 50) this.known.clear();
    this.known.set(number, list);
    return list;
  }
}
