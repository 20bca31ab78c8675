import { beforeEach, expect, test, vi } from "vitest";
import { conversation, MemoryKernel, turn } from "../dev/memory_kernel";

type Pages = typeof import("./page");

let page: Pages;
beforeEach(async () => {
  vi.resetModules(); // the second script stays once it is there
  page = await import("./page");
});

const kernelOf = () =>
  new MemoryKernel(conversation([turn("t0", "hello", "hi"), turn("t1", "bye", "goodbye")]));

/** A page whose second script takes a while, with what is waiting for it. */
function slow() {
  const kernel = kernelOf();
  let arrive = () => {};
  const arrived = new Promise<void>((done) => {
    arrive = done;
  });
  Object.assign(globalThis, { openPart: () => arrived.then(() => import("../src/more")) });
  return { shown: page.show(kernel), arrive };
}

test("the second script is fetched once, before anyone asks for it", async () => {
  const shown = page.show(kernelOf());
  expect(shown.asked("part")).toEqual([]);
  await page.waitFor(() => expect(shown.asked("part")).toEqual([{ name: "more" }]));
  page.fireEvent.click(shown.getByRole("button", { name: "Expand turn 0" }));
  await shown.findByRole("tab", { name: "Prompt sent" });
  expect(shown.asked("part")).toHaveLength(1);
});

test("another view of a widget opens with the script that is here", async () => {
  const shown = page.show(kernelOf());
  page.fireEvent.click(shown.getByRole("button", { name: "Expand turn 0" }));
  const tab = await shown.findByRole("tab", { name: "Prompt sent" });
  const other = page.show(kernelOf());
  page.fireEvent.click(other.getByRole("button", { name: "Expand turn 1" }));
  await other.findByRole("tab", { name: "Prompt sent" });
  await new Promise((done) => setTimeout(done, 300)); // the time of its prefetch
  expect(other.asked("part")).toEqual([]);
  expect(tab.isConnected).toBe(true);
});

test("a turn expanded before the script is there opens when it has come", async () => {
  const { shown, arrive } = slow();
  page.fireEvent.click(shown.getByRole("button", { name: "Expand turn 1" }));
  await shown.findByText("Loading…");
  arrive();
  await shown.findByRole("tab", { name: "Prompt sent" });
  expect(shown.queryByText("Loading…")).toBeNull();
});

test("a panel opened before the script is there opens when it has come", async () => {
  const { shown, arrive } = slow();
  page.fireEvent.click(shown.getByRole("button", { name: "Filter" }));
  await shown.findByText("Loading…");
  arrive();
  await shown.findByLabelText("Score from");
});

test("keys and clicks before the script is there are not lost, and mean the turn they meant", async () => {
  const { shown, arrive } = slow();
  shown.cell(1, 0).focus();
  shown.press("x");
  shown.press("ArrowUp");
  page.type(shown.getByRole("textbox", { name: "question" }), "one more");
  page.fireEvent.click(shown.getByRole("button", { name: "Send" }));
  page.fireEvent.dblClick(shown.cell(0, 2));
  expect(shown.asked("annotate")).toEqual([]);
  arrive();
  await page.waitFor(() =>
    expect(shown.asked("annotate")).toMatchObject([{ turn_id: "t1", excluded: true }]),
  );
  expect(shown.asked("send")).toEqual([{ branch: "b0", inputs: { question: "one more" } }]);
  await shown.findByRole("textbox", { name: "Edit answer of turn 0" });
});

test("keys of the browser and of others pass while the script is awaited", () => {
  const { shown } = slow();
  shown.cell(1, 0).focus();
  expect(shown.press("r", { ctrlKey: true })).toBe(true);
  expect(shown.press("Tab")).toBe(true);
  expect(shown.press("F5")).toBe(true);
});

test("a script that fails says so where it is missing and in the status, and is tried again", async () => {
  const kernel = kernelOf();
  kernel.parts.more = "throw new Error('It is broken.')";
  const shown = page.show(kernel);
  page.fireEvent.click(shown.getByRole("button", { name: "Expand turn 0" }));
  await shown.findByText(/did not load\. It is broken\./, { selector: "p" });
  expect(shown.status()).toContain("did not load. It is broken.");
  kernel.parts.more = page.PART;
  page.fireEvent.click(shown.getByRole("button", { name: "Try again" }));
  await shown.findByRole("tab", { name: "Prompt sent" });
});

test("a script of another build is not opened", async () => {
  const kernel = kernelOf();
  kernel.parts.more = 'export const build = "other"; export default () => { throw "opened"; }';
  const shown = page.show(kernel);
  page.fireEvent.click(shown.getByRole("button", { name: "Export" }));
  await shown.findByText(/of another build than the page: restart/, { selector: "p" });
});

test("without a kernel it is told, and loads by itself when one answers again", async () => {
  vi.useFakeTimers();
  const kernel = kernelOf();
  kernel.deafTo.add("*");
  const shown = page.show(kernel);
  page.fireEvent.click(shown.getByRole("button", { name: "Expand turn 0" }));
  await vi.advanceTimersByTimeAsync(21_000);
  vi.useRealTimers();
  await shown.findByText(/did not load\. The kernel did not answer/, { selector: "p" });
  expect(shown.getByText("hello")).toBeTruthy();
  kernel.deafTo.clear();
  kernel.changed();
  await shown.findByRole("tab", { name: "Prompt sent" });
});
