import fc from "fast-check";
import { expect, test } from "vitest";
import { conversation, MemoryKernel, turn } from "../dev/memory_kernel";
import { treeOf } from "../dev/memory_views";
import type { TreeView } from "../src/protocol";
import { COLUMN_PX, LANE_PX, layOut } from "../src/tree/layout";
import { moveTo } from "../src/tree/moves";
import { Pan } from "../src/tree/pan";
import { OUTLINES, tierOf } from "../src/tree/tiers";
import { fireEvent, open, type, waitFor } from "./page";

/** `main` of four turns; `alt` and `deep` part from it at 2 and 3; `same` is as long as `main`. */
function forked() {
  const turns = [0, 1, 2, 3].map((at) =>
    turn(`t${at}`, `question ${at}`, `answer ${at}`, { score: at / 3 }),
  );
  const state = conversation(turns);
  const branch = (name: string, at: number, ...more: ReturnType<typeof turn>[]) => ({
    ...{ key: name, name, parent: "b0", forked_at: at, starred: name === "alt" },
    turns: [...turns.slice(0, at), ...more],
  });
  state.branches.push(
    branch("alt", 2, turn("a2", "other question", "other", { stale: true })),
    branch("deep", 3, turn("d3", "deeper", "yes"), turn("d4", "deepest", "no")),
    branch("same", 4),
  );
  return state;
}

const drawn = (state = forked()) => {
  const kernel = new MemoryKernel(state);
  return layOut(treeOf(kernel), kernel.get("summary").branches);
};

async function openTree() {
  const page = open(forked());
  fireEvent.click(page.getByRole("button", { name: "Tree" }));
  const tree = await page.findByRole("tree", { name: "Tree of branches" });
  const item = (name: string | RegExp) => page.getByRole("treeitem", { name });
  const active = () => {
    const id = tree.getAttribute("aria-activedescendant");
    return (id && page.root.getElementById(id)?.getAttribute("aria-label")) ?? "";
  };
  return { ...page, tree, item, activeTurn: active };
}

test("turns of one depth stand below each other, and no two in one place", () => {
  const { dots, heads, paths } = drawn();
  for (const dot of dots) expect(dot.x).toBe((dot.turn.index + 1) * COLUMN_PX);
  expect(new Set(dots.map(({ x, y }) => `${x} ${y}`)).size).toBe(dots.length);
  expect(heads.map(({ branch }) => branch.name).sort()).toEqual(["alt", "deep", "main", "same"]);
  expect(heads.find(({ branch }) => branch.name === "same")?.stub).toBe(true);
  expect(paths.get("deep")).toHaveLength(4);
});

test("any family is laid out without overlaps", () => {
  const forks = fc.array(fc.tuple(fc.nat(6), fc.nat(9), fc.nat(4)), { maxLength: 12 });
  fc.assert(
    fc.property(forks, (made) => {
      const state = conversation([0, 1, 2].map((at) => turn(`t${at}`, `q${at}`, "a")));
      made.forEach(([which, at, more], number) => {
        const from = state.branches[which % state.branches.length]?.turns ?? [];
        const kept = from.slice(0, at);
        const said = Array.from({ length: more }, (_, n) => turn(`f${number}-${n}`, "q", "a"));
        const key = `fork ${number}`;
        const shape = { key, name: key, parent: "b0", forked_at: kept.length, starred: false };
        state.branches.push({ ...shape, turns: [...kept, ...said] });
      });
      const { dots, heads, root, height } = drawn(state);
      const ids = new Set(state.branches.flatMap(({ turns }) => turns.map(({ id }) => id)));
      expect(new Set(dots.map(({ turn }) => turn.turn_id))).toEqual(ids);
      expect(heads).toHaveLength(state.branches.length);
      const places = [...dots, ...heads, root].map(({ x, y }) => `${x} ${y}`);
      expect(new Set(places).size).toBe(places.length);
      const ys = [...new Set([...dots, ...heads].map(({ y, x }) => `${x}:${y}`))];
      expect(ys.every((at) => Number(at.split(":")[1]) <= height)).toBe(true);
      for (const one of dots)
        for (const other of dots)
          if (one !== other && one.x === other.x)
            expect(Math.abs(one.y - other.y)).toBeGreaterThanOrEqual(LANE_PX / 2 - 1e-6);
    }),
    { numRuns: 60 },
  );
});

test("of a long run the middle is a number", () => {
  const [first, last] = [turn("t0", "q", "a"), turn("t99", "q", "a")];
  const one = (index: number, { id }: typeof first) => ({
    ...{ turn_id: id, index, said: "q", score: null },
    ...{ edited: false, stale: false, excluded: false, found: false },
  });
  const view: TreeView = {
    ...{ revision: 1, turns: 100, found: 0, low: 0, high: 1 },
    segments: [
      { parent: -1, branch: "b0", start: 0, stop: 0, turns: [], heads: [] },
      {
        ...{ parent: 0, branch: "b0", start: 0, stop: 100, heads: [] },
        turns: [one(0, first), one(99, last)],
      },
    ],
  };
  const { gaps, dots } = layOut(view, []);
  expect(gaps.map(({ turns }) => turns)).toEqual([98]);
  expect((dots[1]?.x ?? 0) - (dots[0]?.x ?? 0)).toBe(2 * COLUMN_PX);
});

test("a score is a shape by thirds of the range, and every shape is another one", () => {
  expect([null, 0, 0.34, 0.7].map((score) => tierOf(score, 0, 1))).toEqual([
    "none",
    "low",
    "middle",
    "high",
  ]);
  expect(tierOf(4, 0, 10)).toBe("middle");
  expect(new Set(Object.values(OUTLINES)).size).toBe(4);
});

test("a pan never loses the drawing, and shows what it is asked to show", () => {
  const pan = new Pan({ width: 11040, height: 3040 });
  pan.frame = { width: 600, height: 200 };
  pan.by(1e6, 1e6);
  expect(pan.place.peek()).toMatchObject({ x: 24, y: 24 });
  expect(pan.by(10, 0)).toBe(false);
  pan.reveal({ x: 4000, y: 2500 });
  const { x, y, scale } = pan.place.peek();
  expect(x + 4000 * scale).toBeLessThan(600);
  expect(y + 2500 * scale).toBeLessThan(200);
  pan.fit();
  expect(pan.place.peek().scale).toBe(0.05); // 552 of 11040
  pan.zoom(1e9);
  expect(pan.place.peek().scale).toBe(3);
});

test("the arrow keys move along the shown branch and to others", () => {
  const layout = drawn();
  const at = (id: string) => layout.dots.find(({ turn }) => turn.turn_id === id) as never;
  const from = (id: string, key: string, branch = "b0") =>
    moveTo(layout, at(id), key, branch)?.turn.turn_id;
  expect(from("t1", "ArrowRight")).toBe("t2");
  expect(from("t1", "ArrowRight", "alt")).toBe("a2");
  expect(from("t0", "ArrowLeft")).toBeUndefined();
  expect(from("t1", "End", "deep")).toBe("d4");
  expect(from("d4", "Home", "b0")).toBe("t0");
  const beside = [from("t3", "ArrowUp"), from("t3", "ArrowDown")];
  expect(beside).toContain("d3");
});

test("the tree names every turn with its marks, and shows which branch is in the table", async () => {
  const page = await openTree();
  expect(page.item("turn 3 of main: question 3, score 1.00")).toBeTruthy();
  expect(page.item("turn 2 of alt: other question, no score, stale")).toBeTruthy();
  expect(page.getByText("4 branches, 7 turns")).toBeTruthy();
  await waitFor(() => expect(page.activeTurn()).toContain("turn 0 of main"));
});

test("a click on a turn shows it; one on a name shows that branch", async () => {
  const page = await openTree();
  const branch = page.getByRole("combobox", { name: "Branch" }) as HTMLSelectElement;
  fireEvent.click(page.item(/deepest/));
  await waitFor(() => expect(branch.value).toBe("deep"));
  await waitFor(() => expect(page.cell(4, 0).tabIndex).toBe(0));
  fireEvent.click(page.item(/question 1/));
  await waitFor(() => expect(page.cell(1, 0).tabIndex).toBe(0));
  expect(branch.value).toBe("deep"); // it passes there
  fireEvent.click(page.getByText("★ alt", { selector: "text" }));
  await waitFor(() => expect(branch.value).toBe("alt"));
});

test("keys go through the tree, star, and take back", async () => {
  const page = await openTree();
  page.tree.focus();
  page.press("End");
  expect(page.activeTurn()).toContain("turn 3 of main");
  expect(page.status()).toContain("turn 3 of main: question 3, score 1.00");
  page.press("ArrowLeft");
  page.press("Enter");
  await waitFor(() => expect(page.cell(2, 0).tabIndex).toBe(0));
  expect(page.active()).toBe(page.tree);
  page.press("*");
  await waitFor(() => expect(page.asked("star")).toEqual([{ branch: "b0", starred: true }]));
  page.press("z", { ctrlKey: true });
  await waitFor(() => expect(page.asked("undo")).toHaveLength(1));
  page.press("F2");
  expect(page.active()).toBe(page.getByLabelText("Name"));
});

test("searching marks what it finds, and Enter goes from one to the next", async () => {
  const page = await openTree();
  const box = page.getByRole("searchbox", { name: "Find in tree" });
  type(box, "deep");
  await page.findByText(/7 turns, 2 found/);
  fireEvent.keyDown(box, { key: "Enter" });
  await waitFor(() => expect(page.activeTurn()).toContain("deeper"));
  fireEvent.keyDown(box, { key: "Enter" });
  await waitFor(() => expect(page.activeTurn()).toContain("deepest"));
  fireEvent.keyDown(box, { key: "Enter" });
  await waitFor(() => expect(page.activeTurn()).toContain("deeper"));
});

test("a branch pruned in the tree is gone, and undo brings it back", async () => {
  const page = await openTree();
  fireEvent.click(page.getByText("deep", { selector: "text" }));
  await waitFor(() =>
    expect((page.getByRole("combobox", { name: "Branch" }) as HTMLSelectElement).value).toBe(
      "deep",
    ),
  );
  page.tree.focus();
  page.press("Delete");
  await page.findByText("3 branches, 5 turns");
  fireEvent.click(page.getByRole("button", { name: "Undo" }));
  await page.findByText("4 branches, 7 turns");
});
