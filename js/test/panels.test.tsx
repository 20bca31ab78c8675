import { expect, test } from "vitest";
import { conversation, turn } from "../dev/memory_kernel";
import { fireEvent, open, type, waitFor } from "./page";

const turns = () => [
  turn("t0", "hello", "hi", { score: 0.9 }),
  turn("t1", "bye", "goodbye", { score: 0.2, label: "good" }),
  turn("t2", "what", "nothing"),
];

test("searching keeps the turns that hold the text", async () => {
  const page = open(conversation(turns()));
  type(page.getByRole("searchbox", { name: "Search turns" }), "goodb");
  await waitFor(() => expect(page.queryByText("hello")).toBeNull());
  expect(page.getByText("goodbye")).toBeTruthy();
  expect(page.asked("rows").at(-1)).toMatchObject({ filter: { search: "goodb" } });
});

test("what is shown stays until the filtered rows are here", async () => {
  const page = open(conversation(turns()));
  page.kernel.delayMs = 50;
  type(page.getByRole("searchbox"), "goodb");
  await waitFor(() => expect(page.asked("rows").length).toBeGreaterThan(1));
  expect(page.getByText("hello")).toBeTruthy();
  await waitFor(() => expect(page.queryByText("hello")).toBeNull());
});

test("unscored and not excluded are filters as well as their opposites", async () => {
  const page = open(conversation([...turns(), turn("t3", "no", "no", { excluded: true })]));
  fireEvent.click(page.getByRole("button", { name: "Filter" }));
  const pick = (label: string, value: string) =>
    fireEvent.change(page.getByRole("combobox", { name: label }), { target: { value } });
  await page.findByRole("combobox", { name: "Excluded" });
  pick("Excluded", "false");
  await waitFor(() => expect(page.grid.querySelectorAll("[data-at]")).toHaveLength(3));
  pick("Scored", "false");
  await waitFor(() => expect(page.grid.querySelectorAll("[data-at]")).toHaveLength(1));
  expect(page.cell(0, 1).textContent).toContain("what");
});

test("the filter takes scores, marks and an order, and gives them up again", async () => {
  const page = open(conversation(turns()));
  fireEvent.click(page.getByRole("button", { name: "Filter" }));
  fireEvent.change(await page.findByLabelText("Score from"), { target: { value: "0.5" } });
  await waitFor(() => expect(page.grid.querySelectorAll("[data-at]")).toHaveLength(1));
  fireEvent.click(page.getByRole("button", { name: "Show all" }));
  await waitFor(() => expect(page.grid.querySelectorAll("[data-at]")).toHaveLength(3));
  fireEvent.change(page.getByRole("combobox", { name: "Order" }), {
    target: { value: "score,true" },
  });
  await waitFor(() => expect(page.cell(0, 2).textContent).toContain("hi"));
  expect(page.asked("rows").at(-1)).toMatchObject({ filter: { sort: "score", descending: true } });
});

test("an export is previewed, copied as Python, and made", async () => {
  const page = open(conversation(turns()));
  fireEvent.click(page.getByRole("button", { name: "Export" }));
  expect(await page.findByText(/3 rows · 1 duplicate · 0 mismatched · 0 excluded/)).toBeTruthy();
  fireEvent.change(page.getByRole("combobox", { name: "Format" }), { target: { value: "jsonl" } });
  await waitFor(() =>
    expect(page.asked("preview_export").at(-1)).toMatchObject({ format: "jsonl" }),
  );
  type(page.getByLabelText("File"), "train.jsonl");
  fireEvent.click(page.getByRole("button", { name: "Export rows" }));
  await waitFor(() => expect(page.status()).toContain("Wrote 3 rows to train.jsonl."));
});

test("a branch is renamed, starred and pruned", async () => {
  const page = open(conversation(turns()));
  page.cell(0, 0).focus();
  page.press("f");
  const branch = page.getByRole("combobox", { name: "Branch" }) as HTMLSelectElement;
  await waitFor(() => expect(branch.options).toHaveLength(2));
  fireEvent.click(page.getByRole("button", { name: "Branch actions" }));
  const name = (await page.findByLabelText("Name")) as HTMLInputElement;
  await waitFor(() => expect(name.form?.textContent).toContain("forked from main"));
  type(page.getByLabelText("Name"), "try two");
  fireEvent.click(page.getByRole("button", { name: "Rename" }));
  await waitFor(() => expect(branch.textContent).toContain("try two"));
  fireEvent.click(page.getByRole("button", { name: "★ Star" }));
  await waitFor(() => expect(branch.textContent).toContain("★ try two"));
  fireEvent.click(page.getByRole("button", { name: "Prune" }));
  await waitFor(() => expect(branch.value).toBe("b0"));
});

test("a branch is replayed under a name, and the page goes to the new branch", async () => {
  const page = open(conversation(turns()));
  fireEvent.click(page.getByRole("button", { name: "Branch actions" }));
  type(await page.findByLabelText("Replay as"), " again ");
  fireEvent.click(page.getByRole("button", { name: "Replay this branch" }));
  await waitFor(() => expect(page.asked("replay")).toEqual([{ branch: "b0", name: "again" }]));
  const branch = page.getByRole("combobox", { name: "Branch" }) as HTMLSelectElement;
  await waitFor(() => expect(branch.selectedOptions[0]?.textContent).toContain("again"));
  await waitFor(() => expect(page.cell(0, 2).textContent).toContain("Asked again."));
});

test("rescoring runs the metric that is chosen", async () => {
  const page = open(conversation(turns()));
  fireEvent.change(page.getByRole("combobox", { name: "Metric" }), { target: { value: "length" } });
  fireEvent.click(page.getByRole("button", { name: "Rescore" }));
  await waitFor(() => expect(page.asked("rescore")).toEqual([{ branch: "b0", metric: "length" }]));
  await waitFor(() => expect(page.cell(2, 3).textContent).toContain("0.50"));
});

test("a job shows how far it is and can be stopped", async () => {
  const page = open(conversation(turns()));
  const job = {
    id: 4,
    kind: "rescore" as const,
    label: "Scoring",
    branch: "b0",
    done: 1,
    total: 3,
  };
  page.kernel.say({ push: "progress", jobs: [job], running: [] });
  expect(await page.findByText("1/3")).toBeTruthy();
  fireEvent.click(page.getByRole("button", { name: "Stop" }));
  await waitFor(() => expect(page.asked("stop")).toEqual([{ job: 4 }]));
  page.kernel.say({ push: "progress", jobs: [], running: [] });
  await waitFor(() => expect(page.queryByText("1/3")).toBeNull());
});

test("a turn that is being made is a row at the end", async () => {
  const page = open(conversation(turns()));
  const inputs = [{ field: "question", text: "wait", more_lines: 0, more_chars: 0, edited: false }];
  const running = [{ branch: "b0", index: 3, inputs, started_at: "now" }];
  page.kernel.say({ push: "progress", jobs: [], running });
  expect((await page.findByText("running…")).closest("[role=row]")?.getAttribute("aria-busy")).toBe(
    "true",
  );
});

test("without metrics Rescore says what to do", () => {
  const page = open(conversation(turns(), { metrics: [] }));
  const rescore = page.getByRole("button", { name: "Rescore" }) as HTMLButtonElement;
  expect(rescore.getAttribute("aria-disabled")).toBe("true");
  expect(rescore.title).toContain("inspect(metrics=");
});

test("a call that failed stands where its turn would be, until it is dismissed or another goes well", async () => {
  const page = open(conversation(turns()));
  type(page.getByRole("textbox", { name: "question" }), "fail on me");
  fireEvent.click(page.getByRole("button", { name: "Send" }));
  const failed = await page.findByText("RuntimeError: the model is away", { selector: "p" });
  expect(failed.closest("[role=row]")?.textContent).toContain("Nothing was recorded");
  const box = page.getByRole("textbox", { name: "question" }) as HTMLTextAreaElement;
  await waitFor(() => expect(box.value).toBe("fail on me"));
  fireEvent.click(page.getByRole("button", { name: "Dismiss: Sending" }));
  await waitFor(() =>
    expect(page.queryByText("RuntimeError: the model is away", { selector: "p" })).toBeNull(),
  );
  fireEvent.click(page.getByRole("button", { name: "Send" }));
  await page.findByText("RuntimeError: the model is away", { selector: "p" });
  type(box, "work now");
  fireEvent.click(page.getByRole("button", { name: "Send" }));
  await page.findByText("Thanks for asking.");
  expect(page.queryByText("RuntimeError: the model is away", { selector: "p" })).toBeNull();
});
