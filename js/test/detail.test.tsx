import { expect, test } from "vitest";
import { conversation, text, turn } from "../dev/memory_kernel";
import { fieldDetail, usage } from "../dev/memory_view";
import { fireEvent, open, waitFor, within } from "./page";

const call = {
  ...{ call_id: "c0", node: "classify", history_turns: 1, memory: "Be kind.", usage, prompts: 1 },
  ...{ version: 0, scores: [{ name: "exact", value: 0.9, feedback: "right" }] },
  inputs: [fieldDetail("question", "bye")],
  outputs: [fieldDetail("intent", "technical")],
  specs: [
    {
      ...{ name: "intent", kind: "choice" as const, annotation: "Intent", known: true },
      choices: ["technical", "billing"],
    },
  ],
};
const turns = () => [
  turn("t0", "hello", "hi"),
  turn("t1", "bye", "goodbye", { edited: { answer: "farewell" }, score: 0.4, calls: [call] }),
];

async function expanded(index = 1) {
  const page = open(conversation(turns()));
  fireEvent.click(page.getByRole("button", { name: `Expand turn ${index}` }));
  await page.findByRole("tab", { name: "Prompt sent" });
  return page;
}

test("an expanded turn is a row one level deeper, in a cell of its own", async () => {
  const page = await expanded();
  const cell = page.getByRole("gridcell", { name: "Turn 1 in full" });
  expect(cell.parentElement?.getAttribute("aria-level")).toBe("2");
  expect(cell.parentElement?.getAttribute("role")).toBe("row");
});

test("an edited field shows what was recorded, and what changed", async () => {
  const page = await expanded();
  const cell = page.getByRole("gridcell", { name: "Turn 1 in full" });
  fireEvent.click(page.getByRole("tab", { name: "Original" }));
  await waitFor(() => expect(cell.textContent).toContain("goodbye"));
  fireEvent.click(page.getByRole("tab", { name: "Diff" }));
  await waitFor(() => expect(cell.querySelector("del")?.textContent).toBe("goodbye"));
  expect(cell.querySelector("ins")?.textContent).toBe("farewell");
  fireEvent.click(page.getByRole("button", { name: "revert answer" }));
  await waitFor(() => expect(page.cell(1, 2).textContent).toContain("goodbye"));
});

test("the history and the prompt are fetched when they are opened", async () => {
  const page = await expanded();
  expect(page.asked("history")).toEqual([]);
  fireEvent.click(page.getByRole("tab", { name: "History as seen (1)" }));
  await waitFor(() => expect(page.getByText("turn 0")).toBeTruthy());
  fireEvent.click(page.getByRole("tab", { name: "History as it is now (1)" }));
  await waitFor(() => expect(page.asked("history").at(-1)).toMatchObject({ kind: "now" }));
  fireEvent.click(page.getByRole("tab", { name: "Prompt sent" }));
  await waitFor(() => expect(page.getByText("Answer the question.")).toBeTruthy());
});

test("what a turn cost stands in one line", async () => {
  const page = await expanded();
  expect(page.getByText(/812 tokens \(731 \+ 81\) · \$0.0012 · 1.3 s · openai/)).toBeTruthy();
});

test("a nested call opens with its fields, memory and scores", async () => {
  const page = await expanded();
  fireEvent.click(page.getByRole("button", { name: "▸ classify" }));
  await waitFor(() => expect(page.getByText("Be kind.")).toBeTruthy());
  fireEvent.click(page.getByRole("button", { name: "edit intent" }));
  const box = await page.findByRole("combobox", { name: "Edit intent of turn 1" });
  fireEvent.change(box, { target: { value: "billing" } });
  fireEvent.keyDown(box, { key: "Enter", ctrlKey: true });
  await waitFor(() =>
    expect(page.asked("edit")[0]).toMatchObject({
      field: "intent",
      call_id: "c0",
      text: "billing",
    }),
  );
});

test("forking at a turn shows the new branch, where its place is free", async () => {
  const page = await expanded(1);
  fireEvent.click(page.getByRole("button", { name: "Fork here" }));
  const branch = page.getByRole("combobox", { name: "Branch" }) as HTMLSelectElement;
  await waitFor(() => expect(branch.value).not.toBe("b0"));
  await waitFor(() => expect(page.queryByText("bye")).toBeNull());
  expect(page.asked("fork")).toEqual([{ branch: "b0", turn_id: "t1" }]);
});

test("re-running a turn leads to its sibling, and the switch leads back", async () => {
  const page = await expanded();
  fireEvent.click(page.getByRole("button", { name: "Re-run" }));
  await waitFor(() => expect(page.getByText("Another answer.")).toBeTruthy());
  const row = page.cell(1, 4);
  expect(row.textContent).toContain("2/2");
  fireEvent.click(within(row).getByRole("button", { name: "Previous sibling of turn 1" }));
  await waitFor(() => expect(page.cell(1, 2).textContent).toContain("farewell"));
});

test("a note is written in the expanded turn", async () => {
  const page = await expanded();
  fireEvent.click(page.getByRole("button", { name: "edit note" }));
  const box = await page.findByRole("textbox", { name: "Edit note of turn 1" });
  fireEvent.input(box, { target: { value: "ask again" } });
  fireEvent.keyDown(box, { key: "Enter" });
  await waitFor(() => expect(page.asked("annotate")[0]).toMatchObject({ note: "ask again" }));
  await waitFor(() => expect(page.getByText("ask again")).toBeTruthy());
});

test("a very long word arrives in parts", async () => {
  const page = open(conversation([turn("t0", "a", "x".repeat(450_000))]));
  fireEvent.click(page.getByRole("button", { name: "Expand turn 0" }));
  const cell = await page.findByRole("gridcell", { name: "Turn 0 in full" });
  const more = await within(cell).findByRole("button", { name: "Show 1 more line" });
  expect(cell.textContent?.length).toBeLessThan(10_000);
  fireEvent.click(more);
  fireEvent.click(await page.findByRole("button", { name: "Show 200,000 more characters" }));
  await waitFor(() => expect(page.asked("text")[0]).toMatchObject({ start: 200_000 }));
  await page.findByRole("button", { name: "Show 50,000 more characters" });
});

test("a nested call's long output opens for editing in full", async () => {
  const long = "x".repeat(250_000);
  const output = { ...fieldDetail("intent", ""), value: { text: long, length: long.length } };
  const calls = [{ ...call, outputs: [output], specs: [text("intent")] }];
  const page = open(conversation([turn("t0", "a", "b", { calls })]));
  fireEvent.click(page.getByRole("button", { name: "Expand turn 0" }));
  fireEvent.click(await page.findByRole("button", { name: "▸ classify" }));
  fireEvent.click(await page.findByRole("button", { name: "edit intent" }));
  const name = "Edit intent of turn 0";
  const box = (await page.findByRole("textbox", { name })) as HTMLTextAreaElement;
  expect(box.value.length).toBe(250_000);
  expect(page.asked("text")).toMatchObject([{ call_id: "c0", start: 200_000, stop: 250_000 }]);
});

test("a long text that does not come whole is not opened for editing", async () => {
  const page = open(conversation([turn("t0", "a", "x".repeat(250_000))]));
  fireEvent.click(page.getByRole("button", { name: "Expand turn 0" }));
  const edit = await page.findByRole("button", { name: "edit answer" });
  const [kept] = page.kernel.branch("b0").turns;
  if (kept) kept.outputs.answer = "x".repeat(240_000);
  fireEvent.click(edit);
  await waitFor(() => expect(page.status()).toContain("answer changed while it was read"));
  expect(page.queryByRole("textbox", { name: /Edit answer/ })).toBeNull();
});

test("characters are counted as the kernel counts them", async () => {
  const page = open(conversation([turn("t0", "a", "\u{1F600}".repeat(3))]));
  fireEvent.click(page.getByRole("button", { name: "Expand turn 0" }));
  await page.findByRole("tab", { name: "Prompt sent" });
  expect(page.queryByRole("button", { name: /more character/ })).toBeNull();
});
