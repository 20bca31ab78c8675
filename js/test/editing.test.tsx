import { expect, test } from "vitest";
import { conversation, turn } from "../dev/memory_kernel";
import { fireEvent, open, type, waitFor } from "./page";

const two = () => [turn("t0", "hello", "hi"), turn("t1", "bye", "goodbye")];

async function edit(page: ReturnType<typeof open>, position: number, column: number, name: string) {
  page.cell(position, column).focus();
  page.press("Enter");
  return (await page.findByRole("textbox", { name })) as HTMLTextAreaElement;
}

test("an output is edited in place, and later turns turn stale", async () => {
  const page = open(conversation(two()));
  const box = await edit(page, 0, 2, "Edit answer of turn 0");
  expect(box.value).toBe("hi");
  type(box, "good morning");
  fireEvent.keyDown(box, { key: "Enter", ctrlKey: true });
  await waitFor(() => expect(page.cell(0, 2).textContent).toContain("good morning"));
  expect(page.asked("edit")).toEqual([
    { branch: "b0", turn_id: "t0", version: 0, field: "answer", text: "good morning" },
  ]);
  await waitFor(() => expect(page.getByText("⚠ stale")).toBeTruthy());
  expect(page.status()).toContain("Edit of answer");
  await waitFor(() => expect(page.active()).toBe(page.cell(0, 2)));
});

test("Enter alone makes a new line in a text", async () => {
  const page = open(conversation(two()));
  const box = await edit(page, 0, 2, "Edit answer of turn 0");
  fireEvent.keyDown(box, { key: "Enter" });
  expect(page.asked("edit")).toEqual([]);
});

test("Escape cancels an edit and gives the keyboard back to the cell", async () => {
  const page = open(conversation(two()));
  const box = await edit(page, 1, 2, "Edit answer of turn 1");
  type(box, "never mind");
  fireEvent.keyDown(box, { key: "Escape" });
  await waitFor(() => expect(page.active()).toBe(page.cell(1, 2)));
  expect(page.cell(1, 2).textContent).toContain("goodbye");
  expect(page.asked("edit")).toEqual([]);
});

test("a refused edit keeps its text and says why beside it", async () => {
  const page = open(conversation(two()));
  const box = await edit(page, 0, 2, "Edit answer of turn 0");
  type(box, "refuse me");
  fireEvent.click(page.getByRole("button", { name: "Save" }));
  expect((await page.findByRole("alert")).textContent).toContain("That text is refused.");
  expect(box.value).toBe("refuse me");
});

test("after a conflict, saving once more is on top of what is there now", async () => {
  const page = open(conversation(two()));
  const box = await edit(page, 0, 2, "Edit answer of turn 0");
  const [first] = page.kernel.branch("b0").turns;
  if (first) first.version = 5;
  type(box, "mine");
  fireEvent.click(page.getByRole("button", { name: "Save" }));
  expect((await page.findByRole("alert")).textContent).toContain("changed elsewhere");
  await waitFor(() => expect(page.asked("turn").length).toBeGreaterThan(1));
  await waitFor(() => {
    fireEvent.click(page.getByRole("button", { name: "Save" }));
    expect(page.asked("edit").at(-1)).toMatchObject({ version: 5, text: "mine" });
  });
});

test("a draft survives leaving the box and changing the branch", async () => {
  const page = open(conversation(two()));
  const box = await edit(page, 0, 2, "Edit answer of turn 0");
  type(box, "half a sent");
  box.blur();
  fireEvent.input(page.getByRole("searchbox"), { target: { value: "bye" } });
  await waitFor(() => expect(page.queryByText("hello")).toBeNull());
  fireEvent.input(page.getByRole("searchbox"), { target: { value: "" } });
  const again = await page.findByRole("textbox", { name: "Edit answer of turn 0" });
  expect((again as HTMLTextAreaElement).value).toBe("half a sent");
});

test("editing an input makes a new branch and goes there", async () => {
  const page = open(conversation(two()));
  const box = await edit(page, 1, 1, "Edit question of turn 1");
  type(box, "see you");
  fireEvent.click(page.getByRole("button", { name: "Save as a new branch" }));
  await waitFor(() => expect(page.getByText("Another answer.")).toBeTruthy());
  expect(page.asked("rerun")).toEqual([
    { branch: "b0", turn_id: "t1", inputs: { question: "see you" } },
  ]);
  expect(page.kernel.branch("b0").turns[1]?.inputs.question).toBe("bye");
});

test("a score is a number, and clearing it removes it", async () => {
  const page = open(conversation(two()));
  let box = await edit(page, 0, 3, "Edit score of turn 0");
  type(box, "good");
  fireEvent.keyDown(box, { key: "Enter" });
  expect((await page.findByRole("alert")).textContent).toContain("A score is a number");
  type(box, "0.25");
  fireEvent.keyDown(box, { key: "Enter" });
  await waitFor(() => expect(page.cell(0, 3).textContent).toContain("0.25"));
  box = await edit(page, 0, 3, "Edit score of turn 0");
  type(box, "");
  fireEvent.keyDown(box, { key: "Enter" });
  await waitFor(() => expect(page.cell(0, 3).textContent).toContain("—"));
});

test("a label is written in its cell", async () => {
  const page = open(conversation(two()));
  const box = await edit(page, 1, 4, "Edit label of turn 1");
  type(box, "good");
  fireEvent.keyDown(box, { key: "Enter" });
  await waitFor(() => expect(page.cell(1, 4).textContent).toContain("good"));
  expect(page.asked("annotate")[0]).toMatchObject({ label: "good", version: 0 });
});

test("a field with choices is edited by choosing", async () => {
  const choices = ["yes", "no"];
  const answer = { name: "answer", kind: "choice" as const, annotation: "Literal", known: true };
  const outputs = [{ ...answer, choices }];
  const page = open(conversation([turn("t0", "hm", "yes")], { outputs }));
  page.cell(0, 2).focus();
  fireEvent.dblClick(page.cell(0, 2));
  const box = await page.findByRole("combobox", { name: "Edit answer of turn 0" });
  fireEvent.change(box, { target: { value: "no" } });
  fireEvent.keyDown(box, { key: "Enter" });
  await waitFor(() => expect(page.cell(0, 2).textContent).toContain("no"));
  expect(page.asked("edit")[0]).toMatchObject({ text: "no" });
  await waitFor(() => expect(page.active()).toBe(page.cell(0, 2)));
});

test("undo and redo name what they do, by button and by key", async () => {
  const page = open(conversation(two()));
  const undo = page.getByRole("button", { name: "Undo" }) as HTMLButtonElement;
  expect(undo.getAttribute("aria-disabled")).toBe("true");
  page.cell(0, 0).focus();
  page.press("x");
  await waitFor(() => expect(undo.title).toBe("Undo: Note"));
  page.press("z", { ctrlKey: true });
  await waitFor(() => expect(page.status()).toContain("Undid: Note"));
  await waitFor(() => expect(undo.getAttribute("aria-disabled")).toBe("true"));
  page.press("Z", { ctrlKey: true, shiftKey: true });
  await waitFor(() => expect(page.status()).toContain("Redid: Note"));
});

test("a message is sent from the composer, and its turn is shown", async () => {
  const page = open(conversation(two()));
  const box = page.getByRole("textbox", { name: "question" }) as HTMLTextAreaElement;
  type(box, "one more thing");
  fireEvent.keyDown(box, { key: "Enter", ctrlKey: true });
  await waitFor(() => expect(page.getByText("Thanks for asking.")).toBeTruthy());
  expect(page.asked("send")).toEqual([{ branch: "b0", inputs: { question: "one more thing" } }]);
  expect(box.value).toBe("");
});

test("a refused message stays in the composer", async () => {
  const page = open(conversation(two()));
  const box = page.getByRole("textbox", { name: "question" }) as HTMLTextAreaElement;
  type(box, "refuse me");
  fireEvent.click(page.getByRole("button", { name: "Send" }));
  await waitFor(() => expect(page.status()).toContain("That message is refused."));
  expect(box.value).toBe("refuse me");
});

test("two inputs make two boxes in the composer, named as the fields are", () => {
  const field = { kind: "text" as const, annotation: "str", choices: [], known: true };
  const inputs = ["question", "context"].map((name) => ({ name, ...field }));
  const page = open(conversation([], { inputs }));
  expect(page.getByRole("textbox", { name: "question" })).toBeTruthy();
  expect(page.getByRole("textbox", { name: "context" })).toBeTruthy();
});

test("an expanded turn shows an edit only where it was begun", async () => {
  const page = open(conversation(two()));
  fireEvent.click(page.getByRole("button", { name: "Expand turn 0" }));
  await page.findByRole("tab", { name: "Prompt sent" });
  const box = await edit(page, 0, 2, "Edit answer of turn 0");
  expect(page.cell(0, 2).contains(box)).toBe(true);
  type(box, "half");
  fireEvent.click(page.getByRole("button", { name: "edit answer" }));
  await waitFor(() => expect(page.cell(0, 2).querySelector("textarea")).toBeNull());
  const moved = await page.findByRole("textbox", { name: "Edit answer of turn 0" });
  expect((moved as HTMLTextAreaElement).value).toBe("half");
});
