import { expect, test } from "vitest";
import { conversation, turn } from "../dev/memory_kernel";
import { across, brief, upward } from "../src/plots/scales";
import { fireEvent, open, type, waitFor } from "./page";

const SCORES = [0.9, 0.8, 0.2, 0.7];
const scored = () =>
  conversation(SCORES.map((score, at) => turn(`t${at}`, `q${at}`, `a${at}`, { score })));

async function openScores(state = scored()) {
  const page = open(state);
  fireEvent.click(page.getByRole("button", { name: "Scores" }));
  const slider = await page.findByRole("slider", { name: "Threshold" });
  const at = () => Number(slider.getAttribute("aria-valuenow"));
  return { ...page, slider, at };
}

test("a plot's scale goes there and back, and a single number lies in the middle", () => {
  const x = across(-2, 8);
  expect(x.of(x.at(3))).toBeCloseTo(3);
  expect(x.of(-1e6)).toBe(-2);
  expect(upward(0, 1).at(1)).toBeLessThan(upward(0, 1).at(0));
  expect(across(4, 4).at(4)).toBeCloseTo(across(0, 2).at(1));
  expect([brief(0.5, 1), brief(57.4, 100), brief(3.2, 10)]).toEqual(["0.50", "57", "3.2"]);
});

test("the histogram says what it shows, and is there as numbers too", async () => {
  const page = await openScores();
  expect(page.getByRole("img", { name: /Histogram of exact: 4 turns .* mean 0.65/ })).toBeTruthy();
  expect(page.getByRole("img", { name: /exact along the branch, turns 0 to 3/ })).toBeTruthy();
  fireEvent.click(page.getByRole("button", { name: "as numbers" }));
  const table = await page.findByRole("table", { name: "Turns by score" });
  expect(table.querySelectorAll("tbody tr")).toHaveLength(4);
});

test("the threshold moves by keys and tells what it keeps", async () => {
  const page = await openScores();
  page.slider.focus();
  for (let press = 0; press < 5; press++) {
    page.press("PageUp");
    await waitFor(() => expect(page.at()).toBeCloseTo((press + 1) / 10));
  }
  await page.findByText(/keeps 3 of 4 turns, 2 with strict trajectory/);
  expect(page.slider.getAttribute("aria-valuetext")).toContain("0.50: keeps 3 of 4");
  page.press("End");
  await page.findByText(/keeps 0 of 4/);
  page.press("Home");
  await page.findByText(/keeps 4 of 4/);
  expect(page.root.querySelectorAll(".point.kept")).toHaveLength(4);
});

test("the threshold is dragged, and only the last place is asked for", async () => {
  const page = await openScores();
  await page.findByText(/keeps 4 of 4/);
  const asked = page.asked("kept").length;
  page.kernel.delayMs = 30;
  const frame = page.slider.parentElement as HTMLElement;
  const svg = frame.querySelector("svg") as SVGSVGElement;
  svg.getBoundingClientRect = () => ({ left: 0, width: 320 }) as DOMRect;
  fireEvent.pointerDown(frame, { clientX: 40, buttons: 1, pointerId: 1 });
  for (let x = 41; x <= 171; x += 5) fireEvent.pointerMove(frame, { clientX: x, buttons: 1 });
  await page.findByText(/keeps 3 of 4/);
  expect(page.at()).toBeCloseTo(0.5, 1);
  expect(page.asked("kept").length - asked).toBeLessThan(5);
});

test("what is kept can be shown alone and exported, strictly if wanted", async () => {
  const page = await openScores();
  page.slider.focus();
  for (let press = 0; press < 5; press++) page.press("PageUp");
  fireEvent.click(page.getByRole("checkbox", { name: "strict trajectory" }));
  await waitFor(() => expect(page.root.querySelectorAll(".point.kept")).toHaveLength(2));
  fireEvent.click(page.getByRole("button", { name: "Show only these" }));
  await waitFor(() => expect(page.grid.querySelectorAll("[data-at]")).toHaveLength(3));
  expect(page.asked("rows").at(-1)).toMatchObject({
    filter: { score_name: "exact", min_score: 0.5 },
  });
  fireEvent.click(page.getByRole("button", { name: "Export these" }));
  await page.findByRole("form", { name: "Export" });
  await waitFor(() =>
    expect(page.asked("preview_export").at(-1)).toMatchObject({
      ...{ strict_trajectory: true, filter: { min_score: 0.5 } },
    }),
  );
});

test("two scores stand against each other, and where they disagree is a click away", async () => {
  const page = await openScores();
  fireEvent.change(page.getByRole("combobox", { name: "Against" }), { target: { value: "hand" } });
  await page.findByRole("img", {
    name: "exact against hand: 4 turns have both, correlation -1.00",
  });
  fireEvent.click(page.getByRole("button", { name: "turn 2" }));
  await waitFor(() => expect(page.cell(2, 0).tabIndex).toBe(0));
});

test("without any score it says how to give one", async () => {
  const state = conversation([turn("t0", "q", "a")]);
  const page = open({ ...state, scoredBy: [] });
  fireEvent.click(page.getByRole("button", { name: "Scores" }));
  await page.findByText(/No turn has a score yet/);
});

test("digits, plus, minus and nought score the turn that has the keyboard", async () => {
  const page = open(scored());
  page.cell(1, 0).focus();
  const given = async (key: string, value: number | null) => {
    const before = page.asked("score").length;
    page.press(key);
    await waitFor(() => expect(page.asked("score")).toHaveLength(before + 1));
    expect(page.asked("score").at(-1)).toMatchObject({ turn_id: "t1", value });
    const shown = value === null ? "—" : value.toFixed(2);
    await waitFor(() => expect(page.cell(1, 3).textContent).toContain(shown));
  };
  await given("4", 0.75);
  await given("+", 1);
  await given("-", 0);
  await given("0", null);
});

test("in the expanded turn a press scores, a second one takes it away, and feedback says why", async () => {
  const page = open(conversation([turn("t0", "q", "a", { scoreName: "hand", feedback: null })]));
  fireEvent.click(page.getByRole("button", { name: "Expand turn 0" }));
  const three = () => page.getByRole("button", { name: "3 of 5" });
  fireEvent.click(await page.findByRole("button", { name: "3 of 5" }));
  await waitFor(() => expect(three().getAttribute("aria-pressed")).toBe("true"));
  fireEvent.click(await page.findByRole("button", { name: "say why" }));
  type(await page.findByRole("textbox", { name: "Edit feedback of hand of turn 0" }), "so-so");
  fireEvent.click(page.getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(page.asked("score").at(-1)).toMatchObject({
      ...{ name: "hand", value: 0.5, feedback: "so-so" },
    }),
  );
  await page.findByText("so-so");
  fireEvent.click(three());
  await waitFor(() => expect(page.asked("score").at(-1)).toMatchObject({ value: null }));
});
