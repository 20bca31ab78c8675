import { fireEvent, waitFor, within } from "@testing-library/preact";
import { expect, onTestFinished, test, vi } from "vitest";
import manager from "../src/sessions/manager";
import type { ListArgs, Requests, SessionRow, TableSummary } from "../src/sessions/protocol";
import { when } from "../src/sessions/when";

const PAGE = 3;

function row(n: number, more: Partial<SessionRow> = {}): SessionRow {
  return {
    ...{ session_id: `s${n}`, user: `u${n % 2}`, status: "active", turns: n, branches: 1 },
    ...{ preview: `said ${n}`, metadata: [], updated_at: "2026-01-02T03:04:05+00:00", ...more },
  };
}

/** A kernel with a store made of memory, and a widget manager that shows any model as its name. */
class Kernel {
  readonly asked: { ask: string; args: Record<string, unknown> }[] = [];
  readonly shown: string[] = [];
  readonly hidden: string[] = [];
  refusal = "";
  revision = 1;
  deaf = false;
  private readonly hearers = new Map<string, Set<(heard?: unknown) => void>>();

  constructor(public rows: SessionRow[]) {}

  readonly widget_manager = {
    get_model: async (id: string) => id,
    create_view: async (model: unknown) => {
      const el = document.createElement("div");
      el.textContent = `inspector ${model}`;
      this.shown.push(String(model));
      const remove = () => {
        el.remove();
        this.hidden.push(String(model));
      };
      return { el, remove };
    },
  };

  get(): TableSummary {
    return { protocol: 1, revision: 1, store: "a store", first: this.list({}) };
  }
  on(event: string, hear: (heard?: unknown) => void) {
    this.hearers.set(event, (this.hearers.get(event) ?? new Set()).add(hear));
  }
  off(event: string, hear: (heard?: unknown) => void) {
    this.hearers.get(event)?.delete(hear);
  }
  emit(event: string, heard?: unknown) {
    for (const hear of this.hearers.get(event) ?? []) hear(heard);
  }
  changed() {
    this.revision++;
    this.emit("msg:custom", { push: "changed", revision: this.revision });
  }
  send({ ask, seq, args }: { ask: keyof Requests; seq: number; args: Record<string, unknown> }) {
    this.asked.push({ ask, args });
    if (this.deaf) return;
    queueMicrotask(() => {
      const answer = { re: seq, revision: this.revision };
      const error = { code: "refused", message: this.refusal };
      const refused = this.refusal && ask !== "list";
      const result = refused ? undefined : this.answer(ask, args);
      this.emit("msg:custom", refused ? { ...answer, error } : { ...answer, result });
    });
  }
  private answer(ask: keyof Requests, args: Record<string, unknown>) {
    const id = String(args.session_id);
    if (ask === "list") return this.list(args as ListArgs);
    if (ask === "open") return { session_id: id, model: `m-${id}`, status: "active" };
    if (ask === "delete") this.rows = this.rows.filter((one) => one.session_id !== id);
    if (ask === "delete") this.changed();
    return { message: `${ask} of ${id}` };
  }
  private list({ search, user, status, after }: ListArgs) {
    const fits = this.rows.filter(
      (one) =>
        (!search || one.preview.includes(search)) &&
        (!user || one.user === user) &&
        (!status || one.status === status),
    );
    const start = Number(after ?? 0);
    const sessions = fits.slice(start, start + PAGE);
    return { sessions, after: start + PAGE < fits.length ? String(start + PAGE) : null };
  }
}

function show(kernel: Kernel) {
  const el = document.createElement("div");
  document.body.append(el);
  const close = manager.render({ model: kernel, el } as never);
  onTestFinished(() => {
    (root.activeElement as HTMLElement | null)?.blur();
    close();
    el.remove();
  });
  const root = el.firstElementChild?.shadowRoot as ShadowRoot;
  const page = within(root.lastElementChild as HTMLElement);
  return {
    ...page,
    ...{ kernel, close, root },
    ids: () => page.queryAllByRole("button", { name: /^Open session/ }).map((b) => b.textContent),
    asked: (ask: string) => kernel.asked.filter((one) => one.ask === ask).map(({ args }) => args),
    says: () => page.getByRole("status", { name: "Status" }).textContent ?? "",
  };
}

const some = (count: number) => Array.from({ length: count }, (_, n) => row(n));

test("the first sessions are there at once, and asked for again", async () => {
  const page = show(new Kernel(some(2)));
  expect(page.ids()).toEqual(["s0", "s1"]);
  await waitFor(() => expect(page.asked("list")).toEqual([{}]));
});

test("more are added below, each once", async () => {
  const page = show(new Kernel(some(5)));
  await waitFor(() => expect(page.asked("list")).toHaveLength(1));
  page.kernel.rows = [row(9), ...some(5)];
  fireEvent.click(await page.findByRole("button", { name: "Show more sessions" }));
  await waitFor(() => expect(page.ids()).toEqual(["s0", "s1", "s2", "s3", "s4"]));
  expect(page.queryByRole("button", { name: "Show more sessions" })).toBeNull();
});

test("what is looked for is asked once the typing pauses", async () => {
  vi.useFakeTimers();
  const page = show(new Kernel(some(5)));
  const box = page.getByRole("searchbox", { name: "Search sessions" });
  for (const value of ["s", "sa", "said 4"]) fireEvent.input(box, { target: { value } });
  await vi.advanceTimersByTimeAsync(1_000);
  vi.useRealTimers();
  await waitFor(() => expect(page.ids()).toEqual(["s4"]));
  expect(page.asked("list").slice(1)).toEqual([{ search: "said 4" }]);
  expect(page.says()).toBe("1 session shown");
  fireEvent.keyDown(box, { key: "Escape" });
  await waitFor(() => expect(page.ids()).toHaveLength(3));
});

test("user and status narrow the list together", async () => {
  const page = show(new Kernel([...some(4), row(7, { status: "archived" })]));
  fireEvent.input(page.getByLabelText("User"), { target: { value: "u1" } });
  fireEvent.keyDown(page.getByLabelText("User"), { key: "Enter" });
  fireEvent.change(page.getByRole("combobox", { name: "Status" }), {
    target: { value: "archived" },
  });
  await waitFor(() => expect(page.ids()).toEqual(["s7"]));
  expect(page.asked("list").at(-1)).toEqual({ user: "u1", status: "archived" });
});

test("a session opens below, another takes its place, closing lets go of it", async () => {
  const page = show(new Kernel(some(3)));
  fireEvent.click(page.getByRole("button", { name: "Open session s1" }));
  await page.findByText("inspector m-s1");
  fireEvent.click(page.getByRole("button", { name: "Open session s2" }));
  await page.findByText("inspector m-s2");
  await waitFor(() => expect(page.kernel.hidden).toEqual(["m-s1"]));
  expect(page.asked("close")).toEqual([{ session_id: "s1" }]);
  fireEvent.click(page.getByRole("button", { name: "Close" }));
  await waitFor(() => expect(page.kernel.hidden).toEqual(["m-s1", "m-s2"]));
  expect(page.queryByRole("region", { name: "Session s2" })).toBeNull();
  expect(page.root.activeElement?.textContent).toBe("s2");
});

test("a refusal is told and opens nothing", async () => {
  const page = show(new Kernel(some(1)));
  page.kernel.refusal = "It is damaged.";
  fireEvent.click(page.getByRole("button", { name: "Open session s0" }));
  await waitFor(() => expect(page.says()).toBe("⚠ It is damaged."));
  expect(page.queryByRole("region", { name: "Session s0" })).toBeNull();
});

test("deleting asks once more, and says what was seen", async () => {
  const page = show(new Kernel(some(3)));
  fireEvent.click(page.getByRole("button", { name: "Open session s2" }));
  fireEvent.click(await page.findByRole("button", { name: "Delete …" }));
  expect(page.asked("delete")).toEqual([]);
  fireEvent.click(page.getByRole("button", { name: "Delete for good" }));
  await waitFor(() => expect(page.ids()).toEqual(["s0", "s1"]));
  expect(page.asked("delete")).toEqual([{ session_id: "s2", turns: 2 }]);
});

test("keys move among the sessions", async () => {
  const page = show(new Kernel(some(3)));
  page.getByRole("button", { name: "Open session s0" }).focus();
  const table = page.getByRole("table", { name: "Sessions" });
  for (const [key, id] of [
    ["ArrowDown", "s1"],
    ["End", "s2"],
    ["ArrowDown", "s2"],
    ["Home", "s0"],
    ["PageDown", "s2"],
    ["ArrowUp", "s1"],
  ] as const) {
    fireEvent.keyDown(table, { key });
    await waitFor(() => expect(page.root.activeElement?.textContent).toBe(id));
  }
  const stops = page.root.querySelectorAll('button.link[tabindex="0"]');
  expect([...stops].map((one) => one.textContent)).toEqual(["s1"]);
});

test("a change in the kernel is shown, with as many pages as were read", async () => {
  const page = show(new Kernel(some(7)));
  await waitFor(() => expect(page.asked("list")).toHaveLength(1));
  fireEvent.click(await page.findByRole("button", { name: "Show more sessions" }));
  await waitFor(() => expect(page.ids()).toHaveLength(6));
  page.kernel.rows = [row(8), ...some(7)];
  page.kernel.changed();
  await waitFor(() => expect(page.ids().slice(0, 2)).toEqual(["s8", "s0"]));
  expect(page.ids()).toHaveLength(6);
});

test("hostile text stays text", () => {
  const text = "<img src=x onerror=alert(1)>";
  const hostile = row(1, { session_id: text, user: text, preview: text, metadata: [[text, text]] });
  const page = show(new Kernel([hostile]));
  expect(page.root.querySelector("img")).toBeNull();
  expect(page.getAllByText(text).length).toBeGreaterThan(2);
});

test("without a kernel the sessions stay readable", async () => {
  vi.useFakeTimers();
  const kernel = new Kernel(some(2));
  kernel.deaf = true;
  const page = show(kernel);
  await vi.advanceTimersByTimeAsync(25_000);
  vi.useRealTimers();
  await waitFor(() => expect(page.says()).toContain("Not connected to a kernel"));
  expect(page.ids()).toEqual(["s0", "s1"]);
});

test("closing the view closes the opened session", async () => {
  const page = show(new Kernel(some(2)));
  fireEvent.click(page.getByRole("button", { name: "Open session s0" }));
  await page.findByText("inspector m-s0");
  page.close();
  expect(page.asked("close")).toEqual([{ session_id: "s0" }]);
});

test("moments are told as people tell them", () => {
  const now = Date.parse("2026-03-10T12:00:00Z");
  expect(when("2026-03-10T11:59:50Z", now)).toBe("now");
  expect(when("2026-03-10T11:30:00Z", now)).toBe("30 minutes ago");
  expect(when("2026-03-10T02:00:00Z", now)).toBe("10 hours ago");
  expect(when("2026-03-09T02:00:00Z", now)).toBe("yesterday");
  expect(when("2026-01-01T00:00:00Z", now)).toBe(new Date("2026-01-01").toLocaleDateString());
  expect(when("no time", now)).toBe("");
});
