import fc from "fast-check";
import { expect, test } from "vitest";
import { Heights } from "../src/window/heights";

const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 900 })), { maxLength: 60 });

function plain(count: number, estimate: number) {
  const sizes = Array.from({ length: count }, () => estimate);
  const before = (index: number) => sizes.slice(0, index).reduce((sum, size) => sum + size, 0);
  const at = (offset: number) => {
    const found = sizes.findIndex((size, index) => offset < before(index) + size);
    return found < 0 ? Math.max(0, sizes.length - 1) : found;
  };
  return { sizes, before, at };
}

test("sums and searches agree with a plain array after any changes", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      changes,
      fc.nat(200_000),
      (count, all, offset) => {
        const tree = new Heights(count, 40);
        const array = plain(count, 40);
        for (const [at, size] of all) {
          const index = at % count;
          expect(tree.set(index, size)).toBe(size - (array.sizes[index] ?? 0));
          array.sizes[index] = size;
        }
        expect(tree.total).toBe(array.before(count));
        expect(tree.before(offset % count)).toBe(array.before(offset % count));
        expect(tree.at(offset)).toBe(array.at(offset));
      },
    ),
  );
});

test("resizing keeps the heights that are known", () => {
  fc.assert(
    fc.property(fc.nat(100), fc.nat(100), changes, (before, after, all) => {
      const tree = new Heights(before, 40);
      const array = plain(after, 40);
      for (const [at, size] of before ? all : []) {
        tree.set(at % before, size);
        if (at % before < after) array.sizes[at % before] = size;
      }
      tree.resize(after);
      expect(tree.total).toBe(array.before(after));
      for (let index = 0; index <= after; index++)
        expect(tree.before(index)).toBe(array.before(index));
    }),
  );
});

test("no rows cover nothing", () => {
  const tree = new Heights(0, 40);
  expect([tree.total, tree.at(0), tree.at(100)]).toEqual([0, 0, 0]);
});
