import { expect, test } from "vitest";
import { conversation, turn } from "../dev/memory_kernel";
import { fireEvent, open, waitFor } from "./page";

const three = () => [
  turn("t0", "hello", "hi there", { score: 0.5 }),
  turn("t1", "how are you", "fine", { score: 0 }),
  turn("t2", "bye", "goodbye"),
];
const many = (n: number) =>
  Array.from({ length: n }, (_, at) => turn(`t${at}`, `question ${at}`, `answer ${at}`));

test("the first rows are there without a request for them", () => {
  const page = open(conversation(three()));
  expect(page.getByText("hello")).toBeTruthy();
  expect(page.asked("rows").filter(({ stop }) => stop !== 0)).toEqual([]);
});

test("no score is a dash and zero is a number", () => {
  const page = open(conversation(three()));
  expect(page.cell(0, 3).textContent).toContain("0.50");
  expect(page.cell(1, 3).textContent).toContain("0.00");
  expect(page.cell(1, 3).querySelector("[role=img]")?.getAttribute("aria-label")).toBe("down");
  expect(page.cell(2, 3).textContent).toContain("—");
});

test("rows tell their place among all rows", () => {
  const page = open(conversation(many(500)));
  expect(page.grid.getAttribute("aria-rowcount")).toBe("501");
  const row = page.cell(2, 0).closest("[role=row]");
  expect(row?.getAttribute("aria-level")).toBe("1");
  expect(row?.getAttribute("aria-rowindex")).toBe("4");
  expect(row?.getAttribute("aria-posinset")).toBe("3");
  expect(row?.getAttribute("aria-setsize")).toBe("500");
});

test("ten thousand turns make no more rows than a few screens", () => {
  const page = open(conversation(many(10_000)));
  expect(page.grid.querySelectorAll("[data-at]").length).toBeLessThan(60);
});

test("one cell has the tab stop, and arrow keys move it", async () => {
  const page = open(conversation(three()));
  expect(page.grid.querySelectorAll('[role=gridcell][tabindex="0"]')).toHaveLength(1);
  page.cell(0, 0).focus();
  page.press("ArrowDown");
  await waitFor(() => expect(page.active()).toBe(page.cell(1, 0)));
  page.press("j");
  await waitFor(() => expect(page.active()).toBe(page.cell(2, 0)));
  page.press("End");
  await waitFor(() => expect(page.active()).toBe(page.cell(2, 4)));
  page.press("Home", { ctrlKey: true });
  await waitFor(() => expect(page.active()).toBe(page.cell(0, 0)));
  expect(page.grid.querySelectorAll('[role=gridcell][tabindex="0"]')).toHaveLength(1);
});

test("the right arrow expands a row and the left one collapses it", async () => {
  const page = open(conversation(three()));
  page.cell(1, 0).focus();
  page.press("ArrowRight");
  await waitFor(() => page.getByRole("button", { name: "Collapse turn 1" }));
  expect(page.cell(1, 0).closest("[role=row]")?.getAttribute("aria-expanded")).toBe("true");
  page.press("ArrowDown");
  await waitFor(() => expect(page.active().className).toBe("detail"));
  page.press("ArrowUp");
  await waitFor(() => expect(page.active()).toBe(page.cell(1, 0)));
  page.press("ArrowLeft");
  await waitFor(() => page.getByRole("button", { name: "Expand turn 1" }));
});

test("a jump to the last of many turns fetches its rows in one request", async () => {
  const page = open(conversation(many(5_000)));
  page.cell(0, 0).focus();
  page.press("End", { ctrlKey: true });
  await waitFor(() => expect(page.active()).toBe(page.cell(4_999, 4)));
  await waitFor(() => expect(page.getByText("answer 4999")).toBeTruthy());
  expect(page.asked("rows").filter(({ stop }) => stop !== 0).length).toBeLessThanOrEqual(2);
});

test("letters do nothing when they are switched off", async () => {
  const page = open(conversation(three()));
  page.cell(0, 0).focus();
  page.press("?");
  fireEvent.click(await page.findByRole("checkbox", { name: /Letter keys/ }));
  page.cell(0, 0).focus();
  page.press("f");
  page.press("j");
  expect(page.asked("fork")).toEqual([]);
  expect(page.active()).toBe(page.cell(0, 0));
});

test("everything that can have the keyboard suppresses the notebook's shortcuts", async () => {
  const page = open(conversation(three()));
  fireEvent.click(page.getByRole("button", { name: "Expand turn 1" }));
  await page.findByRole("tab", { name: "Prompt sent" });
  fireEvent.dblClick(page.cell(0, 2));
  await page.findByRole("textbox", { name: "Edit answer of turn 0" });
  for (const panel of ["Filter", "Export", "Help", "Branch actions"]) {
    fireEvent.click(page.getByRole("button", { name: panel }));
    await waitFor(() => expect(page.root.querySelector(".panel")).toBeTruthy());
    const focusable = page.root.querySelectorAll(
      "button, input, select, textarea, a[href], summary, [tabindex], [contenteditable]",
    );
    const bare = [...focusable].filter((one) => !one.hasAttribute("data-lm-suppress-shortcuts"));
    expect(bare).toEqual([]);
    expect(focusable.length).toBeGreaterThan(20);
  }
});

test("no key leaves the inspector", () => {
  const page = open(conversation(three()));
  const leaked: string[] = [];
  const hear = (event: KeyboardEvent) => leaked.push(event.key);
  document.addEventListener("keydown", hear);
  page.cell(0, 0).focus();
  for (const key of ["a", "b", "d", "d", "Escape", "ArrowDown"]) page.press(key);
  document.removeEventListener("keydown", hear);
  expect(leaked).toEqual([]);
});

test("what a model wrote is text and nothing else", async () => {
  const hostile = '<img src=x onerror="window.hacked = 1"> [x](javascript:alert(1)) \u202Eevil';
  const page = open(conversation([turn("t0", hostile, hostile)]));
  fireEvent.click(page.getByRole("button", { name: "Expand turn 0" }));
  await page.findByRole("tab", { name: "Prompt sent" });
  expect(page.root.querySelectorAll("img, a, iframe, script")).toHaveLength(0);
  expect(page.cell(0, 1).textContent).toContain(hostile);
});

test("edited, stale and excluded turns say so in words", () => {
  const page = open(
    conversation([
      turn("t0", "a", "b", { edited: { answer: "c" } }),
      turn("t1", "a", "b", { stale: true, excluded: true }),
    ]),
  );
  expect(page.getByRole("img", { name: "edited" })).toBeTruthy();
  expect(page.getByText("⚠ stale")).toBeTruthy();
  expect(page.getByRole("img", { name: "excluded" })).toBeTruthy();
});

test("long text offers the rest, which expands the turn", async () => {
  const page = open(conversation([turn("t0", "a", "line\n".repeat(138).trim())]));
  fireEvent.click(page.getByRole("button", { name: "Show 132 more lines" }));
  expect(await page.findByRole("button", { name: "Collapse turn 0" })).toBeTruthy();
});
