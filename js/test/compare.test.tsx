import { expect, test } from "vitest";
import { conversation, turn } from "../dev/memory_kernel";
import { fireEvent, open, waitFor, within } from "./page";

/** `main` of six turns, and `alt`, which shares three, differs twice and ends one turn later. */
function parted() {
  const turns = [0, 1, 2, 3, 4, 5].map((at) =>
    turn(`t${at}`, `question ${at}`, `answer ${at}`, { score: 0.2 }),
  );
  const state = conversation(turns);
  const alt = [
    turn("a3", "question 3", "a better answer", { score: 0.9 }),
    turn("a4", "question 4", "answer 4", { score: 0.2 }),
    turn("a5", "question 5", "answer five", { score: 0.2 }),
    turn("a6", "question 6", "only here"),
  ];
  state.branches.push({
    ...{ key: "alt", name: "alt", parent: "b0", forked_at: 3, starred: true },
    turns: [...turns.slice(0, 3), ...alt],
  });
  return state;
}

async function openComparison(state = parted()) {
  const page = open(state);
  fireEvent.click(page.getByRole("button", { name: "Compare" }));
  const grid = await page.findByRole("grid", { name: "main and alt" });
  const row = (at: number) => grid.querySelector<HTMLElement>(`[data-row="${at}"]`);
  const button = (name: string) => page.getByRole("button", { name });
  const focusedRow = () => Number(page.active()?.dataset.row ?? -1);
  return { ...page, pairs: grid, row, button, focusedRow };
}

test("the shared beginning is folded, and unfolds", async () => {
  const page = await openComparison();
  expect(page.getByText(/7 turns, 3 shared, 3 differ/)).toBeTruthy();
  expect(page.row(2)).toBeNull();
  fireEvent.click(page.button("= 3 shared turns"));
  await waitFor(() => expect(page.row(0)).toBeTruthy());
  fireEvent.click(page.button("Fold shared turns"));
  await waitFor(() => expect(page.row(0)).toBeNull());
});

test("both sides show what went and what came, and what the numbers did", async () => {
  const page = await openComparison();
  const row = page.row(3) as HTMLElement;
  expect(
    [...row.querySelectorAll(".left del, .right ins")].map((part) => part.textContent),
  ).toEqual(["answer 3", "a better answer"]);
  expect(within(row).getAllByText("question 3")).toHaveLength(1); // the same: said once
  const numbers = row.querySelector(".numbers")?.textContent;
  expect(numbers).toContain("exact 0.20 → 0.90 ▲0.70");
  expect(numbers).toContain("tokens 812 → 640 ▼172");
  expect(numbers).toContain("seconds 1.3 → 0.9 ▼0.4");
  expect(page.row(6)?.textContent).toContain("no turn");
  expect(page.getByText(/mean exact/).parentElement?.textContent).toContain("0.40 → 0.70 ▲0.30");
});

test("n and p go from difference to difference and the keyboard with them", async () => {
  const page = await openComparison();
  page.row(3)?.focus();
  page.press("n");
  page.press("n"); // not waiting for the first
  await waitFor(() => expect(page.focusedRow()).toBe(6));
  page.press("p");
  await waitFor(() => expect(page.focusedRow()).toBe(5));
  page.press("p");
  await waitFor(() => expect(page.focusedRow()).toBe(3));
  page.press("p");
  await waitFor(() => expect(page.status()).toContain("no earlier difference"));
  page.press("ArrowDown");
  await waitFor(() => expect(page.focusedRow()).toBe(4));
  page.press("End");
  await waitFor(() => expect(page.focusedRow()).toBe(6));
  fireEvent.click(page.button("Previous difference"));
  await waitFor(() => expect(page.focusedRow()).toBe(5));
});

test("Enter shows the turn in the table; on the side that has it", async () => {
  const page = await openComparison();
  const branch = page.getByRole("combobox", { name: "Branch" }) as HTMLSelectElement;
  page.row(6)?.focus();
  page.press("Enter");
  await waitFor(() => expect(branch.value).toBe("alt"));
  await waitFor(() => expect(page.cell(6, 0).tabIndex).toBe(0));
  expect(page.queryByRole("grid", { name: /and/ })).toBeNull();
});

test("the sides can be swapped", async () => {
  const page = await openComparison();
  fireEvent.click(page.button("⇄ Swap"));
  await page.findByRole("grid", { name: "alt and main" });
  expect((page.getByRole("combobox", { name: "Compare with" }) as HTMLSelectElement).value).toBe(
    "b0",
  );
});

test("rows that change under the keyboard do not lose it", async () => {
  const page = await openComparison();
  page.row(6)?.focus();
  page.kernel.state.branches[1]?.turns.pop();
  page.kernel.changed();
  await waitFor(() => expect(page.row(6)).toBeNull());
  expect(page.pairs.contains(page.active())).toBe(true);
});

test("a branch alone says what to do", async () => {
  const page = open(conversation([turn("t0", "hello", "hi")]));
  fireEvent.click(page.getByRole("button", { name: "Compare" }));
  await page.findByText(/There is only one branch\. Fork at a turn/);
  expect(page.getByText("hello")).toBeTruthy();
});

test("a long shared beginning is not fetched", async () => {
  const turns = Array.from({ length: 300 }, (_, at) => turn(`t${at}`, `q${at}`, "a"));
  const state = conversation(turns);
  state.branches.push({
    ...{ key: "alt", name: "alt", parent: "b0", forked_at: 290, starred: false },
    turns: [...turns.slice(0, 290), turn("x", "q290", "b")],
  });
  const page = await openComparison(state);
  await waitFor(() => expect(page.row(290)).toBeTruthy());
  expect(page.asked("compare").map(({ start }) => start)).toEqual([0, 290]);
  page.row(290)?.focus();
  fireEvent.click(page.button("= 290 shared turns"));
  await waitFor(() => expect(page.row(250)).toBeTruthy());
  expect(page.row(200)).toBeNull();
});
