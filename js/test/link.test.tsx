import { expect, test, vi } from "vitest";
import { conversation, MemoryKernel, turn } from "../dev/memory_kernel";
import { summaryOf } from "../dev/memory_view";
import { fireEvent, open, show, waitFor } from "./page";

const turns = () => [turn("t0", "hello", "hi"), turn("t1", "bye", "goodbye")];

test("without a kernel the rows stay readable and nothing can be done", async () => {
  vi.useFakeTimers();
  const kernel = new MemoryKernel(conversation(turns()));
  kernel.deafTo.add("*");
  const page = show(kernel);
  await vi.advanceTimersByTimeAsync(10_000);
  vi.useRealTimers();
  await waitFor(() => expect(page.status()).toContain("Not connected to a kernel"));
  expect(page.getByText("hello")).toBeTruthy();
  expect(page.getByRole("button", { name: "Send" }).getAttribute("aria-disabled")).toBe("true");
  kernel.deafTo.clear();
  fireEvent.click(page.getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(page.status()).not.toContain("Not connected"));
});

test("a comm that closes says so at once", async () => {
  const kernel = new MemoryKernel(conversation(turns()));
  kernel.deafTo.add("*");
  const page = show(kernel);
  kernel.emit("comm:close");
  await waitFor(() => expect(page.status()).toContain("Not connected to a kernel"));
});

test("another version of the protocol asks for a restart", () => {
  const kernel = new MemoryKernel(conversation(turns()));
  kernel.get = () => ({ ...summaryOf(kernel.state), protocol: 99 });
  const page = show(kernel);
  expect(page.status()).toContain("Restart the kernel");
});

test("a change in the kernel is fetched, and what is shown never flashes", async () => {
  const page = open(conversation(turns()));
  const first = page.kernel.branch("b0").turns[0];
  if (first) first.score = 0.75;
  page.kernel.changed();
  await waitFor(() => {
    expect(page.grid.querySelectorAll("[aria-busy=true]")).toHaveLength(0);
    expect(page.cell(0, 3).textContent).toContain("0.75");
  });
});

test("many changes at once cost few requests", async () => {
  const page = open(conversation(turns()));
  const before = page.kernel.asked.length;
  for (let step = 0; step < 50; step++) page.kernel.changed();
  await waitFor(() => expect(page.kernel.get("summary").revision).toBe(51));
  await new Promise((done) => setTimeout(done, 150));
  expect(page.kernel.asked.length - before).toBeLessThan(10);
});

test("a new trait is taken without asking for it", async () => {
  const page = open(conversation(turns()));
  page.kernel.branch("b0").turns.push(turn("t2", "again", "new here"));
  page.kernel.state.revision++;
  page.kernel.emit("change:summary");
  await waitFor(() => expect(page.getByText("new here")).toBeTruthy());
  expect(page.asked("summary")).toEqual([]);
});

test("a job of another view does not move this one", async () => {
  const page = open(conversation(turns()));
  page.kernel.say({
    push: "finished",
    job: 77,
    outcome: "done",
    message: "Elsewhere.",
    branch: "b0",
    turn_id: "t1",
  });
  await new Promise((done) => setTimeout(done, 20));
  expect(page.asked("locate")).toEqual([]);
  expect(page.status()).toBe("");
});

test("two views of one model go their own ways", async () => {
  const kernel = new MemoryKernel(conversation(turns()));
  const one = show(kernel);
  const other = show(kernel);
  fireEvent.click(one.getByRole("button", { name: "Expand turn 0" }));
  await one.findByRole("tab", { name: "Prompt sent" });
  expect(other.queryByRole("tab", { name: "Prompt sent" })).toBeNull();
});

test("closing a view takes it out of the page and off the comm", () => {
  const page = open(conversation(turns()));
  page.close();
  expect(page.el.children).toHaveLength(0);
  expect(page.kernel.listeners).toBe(0);
});
