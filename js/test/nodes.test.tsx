import { expect, test } from "vitest";
import { conversation, text, turn } from "../dev/memory_kernel";
import { fieldDetail, usage } from "../dev/memory_view";
import { fireEvent, open, waitFor, within } from "./page";

function called(node: string, at: number, output: string, more = {}) {
  return {
    ...{ call_id: `${node}${at}`, node, history_turns: at, memory: null, usage, prompts: 1 },
    ...{ version: 0, scores: [] },
    inputs: [fieldDetail("question", `question ${at}`)],
    outputs: [fieldDetail(output, `${output} ${at}`)],
    specs: [text(output)],
    ...more,
  };
}

function agent(turns = 3) {
  const choice = {
    kind: "choice" as const,
    choices: ["low", "high"],
    annotation: "Literal",
    known: true,
  };
  return conversation(
    Array.from({ length: turns }, (_, at) =>
      turn(`t${at}`, `question ${at}`, `answer ${at}`, {
        calls: [
          called("planner", at, "plan"),
          called("rate", at, "rank", { specs: [{ name: "rank", ...choice }] }),
        ],
      }),
    ),
  );
}

async function openNodes(state = agent()) {
  const page = open(state);
  fireEvent.click(page.getByRole("button", { name: "Nodes" }));
  const panel = await page.findByRole("region", { name: "Nodes" });
  await within(panel).findByRole("list", { name: "Calls of planner" });
  return { ...page, panel, inside: within(panel) };
}

test("programs without nested predictors have no such button", () => {
  const page = open(conversation([turn("t0", "a", "b")]));
  expect(page.queryByRole("button", { name: "Nodes" })).toBeNull();
});

test("every node stands there with what it remembers", async () => {
  const { inside } = await openNodes();
  const row = inside.getByRole("button", { name: "planner" }).closest("tr");
  expect(row?.textContent).toContain("isolated, persistent33");
  expect(inside.getAllByText("prefers short plans")).toHaveLength(2); // in the table, and in full
  fireEvent.click(inside.getByRole("button", { name: "rate" }));
  const list = await inside.findByRole("list", { name: "Calls of rate" });
  expect(list.textContent).toContain("question 2 → rank 2");
});

test("a ledger shows each call with its turn, those of ended episodes marked", async () => {
  const { inside } = await openNodes();
  const items = inside.getAllByRole("listitem");
  expect(items).toHaveLength(3);
  expect(items[0]?.textContent).toContain("of an ended episode");
  expect(items[2]?.textContent).toContain("saw 2 messages");
});

test("the newest calls of a long ledger come first, earlier ones when asked for", async () => {
  const { inside } = await openNodes(agent(70));
  expect(inside.getAllByRole("listitem")).toHaveLength(30);
  expect(inside.getByRole("button", { name: "▸ turn 69" })).toBeTruthy();
  fireEvent.click(inside.getByRole("button", { name: "Show earlier calls (40 more)" }));
  await waitFor(() => expect(inside.getAllByRole("listitem")).toHaveLength(60));
  fireEvent.click(inside.getByRole("button", { name: "Show earlier calls (10 more)" }));
  await waitFor(() => expect(inside.getAllByRole("listitem")).toHaveLength(70));
  expect(inside.queryByRole("button", { name: /earlier/ })).toBeNull();
});

test("a hand corrects and scores a call in the ledger", async () => {
  const page = await openNodes();
  fireEvent.click(page.inside.getByRole("button", { name: "▸ turn 1" }));
  fireEvent.click(await page.inside.findByRole("button", { name: "edit plan" }));
  const box = await page.findByRole("textbox", { name: "Edit plan of turn 1" });
  fireEvent.input(box, { target: { value: "a better plan" } });
  fireEvent.click(page.getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(page.asked("edit")[0]).toMatchObject({
      ...{ turn_id: "t1", call_id: "planner1", field: "plan", text: "a better plan" },
    }),
  );
  fireEvent.click(await page.inside.findByRole("button", { name: "score by hand" }));
  const score = await page.findByRole("textbox", { name: /score|Edit/ });
  fireEvent.input(score, { target: { value: "0.5" } });
  fireEvent.click(page.getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(page.asked("score")[0]).toMatchObject({ call_id: "planner1", value: 0.5 }),
  );
});

test("a field of a call is edited as its type asks", async () => {
  const page = await openNodes();
  fireEvent.click(page.inside.getByRole("button", { name: "rate" }));
  fireEvent.click(await page.inside.findByRole("button", { name: "▸ turn 0" }));
  fireEvent.click(await page.inside.findByRole("button", { name: "edit rank" }));
  const box = await page.findByRole("combobox", { name: "Edit rank of turn 0" });
  expect(
    within(box)
      .getAllByRole("option")
      .map((one) => one.textContent),
  ).toEqual([...["rank 0", "low", "high"]]);
});

test("one node's calls are exported as examples", async () => {
  const page = await openNodes();
  const name = page.inside.getByRole("textbox", { name: "Variable" }) as HTMLInputElement;
  expect(name.value).toBe("planner_examples");
  fireEvent.input(name, { target: { value: "plans" } });
  fireEvent.click(page.inside.getByRole("button", { name: "Export examples" }));
  await waitFor(() =>
    expect(page.asked("export")[0]).toMatchObject({
      ...{ node: "planner", format: "examples", target: "plans" },
    }),
  );
  await waitFor(() => expect(page.status()).toContain("plans"));
});

test("a call leads to its turn in the table", async () => {
  const page = await openNodes();
  fireEvent.click(page.inside.getByRole("button", { name: "▸ turn 2" }));
  fireEvent.click(await page.inside.findByRole("button", { name: "Show turn 2" }));
  await waitFor(() => expect(page.queryByRole("region", { name: "Nodes" })).toBeNull());
  await waitFor(() =>
    expect(page.active()?.closest("[data-at]")?.getAttribute("data-at")).toBe("2"),
  );
});

test("n opens the nodes, and the keyboard goes along", async () => {
  const page = open(agent());
  page.cell(0, 0).focus();
  page.press("n");
  const panel = await page.findByRole("region", { name: "Nodes" });
  await waitFor(() => expect(panel.contains(page.active())).toBe(true));
});
