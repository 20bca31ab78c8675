import { beforeEach, expect, test, vi } from "vitest";
import { conversation, MemoryKernel, turn } from "../dev/memory_kernel";

type Pages = typeof import("./page");

let page: Pages;
beforeEach(async () => {
  vi.resetModules(); // what was chosen lasts as long as the script
  page = await import("./page");
});

const turns = () => [
  turn("t0", "hello", "**hi**"),
  turn("t1", "bye", "_bye_", { edited: { answer: "# so long" } }),
];

const NAME = { name: "Markdown for answer" };

async function expanded(kernel: MemoryKernel, index: number) {
  const shown = page.show(kernel);
  page.fireEvent.click(shown.getByRole("button", { name: `Expand turn ${index}` }));
  const cell = await shown.findByRole("gridcell", { name: `Turn ${index} in full` });
  await page.within(cell).findByRole("button", NAME);
  return { shown, inside: page.within(cell) };
}

test("a field is shown as it is, and the script for Markdown is not asked for", async () => {
  const kernel = new MemoryKernel(conversation(turns()));
  const { shown, inside } = await expanded(kernel, 0);
  expect(inside.getByRole("button", NAME).getAttribute("aria-pressed")).toBe("false");
  expect(inside.getByText("**hi**")).toBeTruthy();
  expect(shown.asked("part")).toEqual([{ name: "more" }]);
});

test("a button fetches the script once, and holds for every turn and view", async () => {
  const kernel = new MemoryKernel(conversation(turns()));
  const { shown, inside } = await expanded(kernel, 0);
  page.fireEvent.click(inside.getByRole("button", NAME));
  expect(inside.getByRole("button", NAME).getAttribute("aria-pressed")).toBe("true");
  await page.waitFor(() =>
    expect(shown.asked("part")).toEqual([{ name: "more" }, { name: "markdown" }]),
  );
  expect(kernel.asked.filter(({ ask }) => ask === "edit" || ask === "annotate")).toEqual([]);
  const { inside: other } = await expanded(kernel, 1);
  expect(other.getByRole("button", NAME).getAttribute("aria-pressed")).toBe("true");
  expect(shown.asked("part").filter(({ name }) => name === "markdown")).toHaveLength(1);
  page.fireEvent.click(other.getByRole("button", NAME));
  expect(inside.getByRole("button", NAME).getAttribute("aria-pressed")).toBe("false");
});

test("the fields that an author named begin as Markdown", async () => {
  const kernel = new MemoryKernel(conversation(turns(), { markdown: ["answer"] }));
  const { shown, inside } = await expanded(kernel, 0);
  expect(inside.getByRole("button", NAME).getAttribute("aria-pressed")).toBe("true");
  const question = inside.getByRole("button", { name: "Markdown for question" });
  expect(question.getAttribute("aria-pressed")).toBe("false");
  await page.waitFor(() => expect(shown.asked("part")).toContainEqual({ name: "markdown" }));
});

test("what was recorded and what changed are plain text", async () => {
  const kernel = new MemoryKernel(conversation(turns(), { markdown: ["answer"] }));
  const { inside } = await expanded(kernel, 1);
  page.fireEvent.click(inside.getByRole("tab", { name: "Original" }));
  await inside.findByText("_bye_");
  expect(inside.getByRole("button", NAME).getAttribute("aria-disabled")).toBe("true");
  page.fireEvent.click(inside.getByRole("tab", { name: "Diff" }));
  await inside.findByText("# so long", { selector: "ins" });
  page.fireEvent.click(inside.getByRole("tab", { name: "Edited" }));
  expect(inside.getByRole("button", NAME).getAttribute("aria-disabled")).toBe("false");
});

test("without the script the text stands as it is, and the status says why", async () => {
  const kernel = new MemoryKernel(conversation(turns()));
  kernel.parts.markdown = "throw new Error('It is broken.')";
  const { shown, inside } = await expanded(kernel, 0);
  page.fireEvent.click(inside.getByRole("button", NAME));
  await page.waitFor(() => expect(shown.status()).toContain("did not load. It is broken."));
  expect(inside.getByText("**hi**")).toBeTruthy();
});

test("messages of the history are shown by the same choice, made beside them too", async () => {
  const kernel = new MemoryKernel(conversation(turns()));
  const { inside } = await expanded(kernel, 1);
  page.fireEvent.click(inside.getByRole("tab", { name: /History as seen/ }));
  const panel = page.within(await inside.findByRole("tabpanel"));
  const button = await panel.findByRole("button", NAME);
  page.fireEvent.click(button);
  expect(button.getAttribute("aria-pressed")).toBe("true");
  expect(inside.getAllByRole("button", NAME)[0]?.getAttribute("aria-pressed")).toBe("true");
});
