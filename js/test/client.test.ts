import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connect, RefusedError, SilentError, type Wire } from "../src/client";

class Line implements Wire {
  readonly sent: { ask: string; seq: number }[] = [];
  private readonly hearers = new Set<(message: unknown) => void>();
  broken = false;
  on(_: string, hear: (message: unknown) => void) {
    this.hearers.add(hear);
  }
  off(_: string, hear: (message: unknown) => void) {
    this.hearers.delete(hear);
  }
  send(content: unknown) {
    if (this.broken) throw new Error("closed");
    this.sent.push(content as { ask: string; seq: number });
  }
  say(message: unknown) {
    for (const hear of this.hearers) hear(message);
  }
}

const hears = () => ({ push: vi.fn(), revision: vi.fn(), alive: vi.fn() });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setup() {
  const line = new Line();
  const heard = hears();
  return { line, heard, ...connect(line, heard, 1_000) };
}

test("answers may come in any order", async () => {
  const { line, ask } = setup();
  const first = ask("star", { branch: "a", starred: true });
  const second = ask("prune", { branch: "b" });
  const [one, two] = line.sent;
  line.say({ re: two?.seq, revision: 2, result: "second" });
  line.say({ re: one?.seq, revision: 1, result: "first" });
  expect(await first).toBe("first");
  expect(await second).toBe("second");
});

test("a refusal arrives as an error with its code and words", async () => {
  const { line, ask } = setup();
  const asked = ask("undo", {});
  line.say({ re: line.sent[0]?.seq, revision: 1, error: { code: "refused", message: "No." } });
  await expect(asked).rejects.toThrow(RefusedError);
  await expect(asked).rejects.toMatchObject({ code: "refused", message: "No." });
});

test("a read without an answer is asked once more", async () => {
  const { line, ask } = setup();
  const asked = ask("locate", { branch: "a", turn_id: "t" });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(line.sent.map((one) => one.ask)).toEqual(["locate", "locate"]);
  line.say({ re: line.sent[1]?.seq, revision: 1, result: { position: 3 } });
  expect(await asked).toEqual({ position: 3 });
});

test("an action without an answer is never asked again", async () => {
  const { line, ask, heard } = setup();
  const asked = ask("fork", { branch: "a", turn_id: null });
  const refused = expect(asked).rejects.toThrow(SilentError);
  await vi.advanceTimersByTimeAsync(60_000);
  await refused;
  expect(line.sent).toHaveLength(1);
  expect(heard.alive).toHaveBeenLastCalledWith(false);
});

test("a late answer tells that the kernel lives and changes nothing else", async () => {
  const { line, ask, heard } = setup();
  const asked = ask("undo", {}).catch(() => "gave up");
  await vi.advanceTimersByTimeAsync(1_000);
  line.say({ re: line.sent[0]?.seq, revision: 1, result: {} });
  expect(await asked).toBe("gave up");
  expect(heard.alive).toHaveBeenLastCalledWith(true);
});

test("a line that throws counts as silence", async () => {
  const { line, ask, heard } = setup();
  line.broken = true;
  await expect(ask("undo", {})).rejects.toThrow(SilentError);
  expect(heard.alive).toHaveBeenLastCalledWith(false);
});

test("two views of one model never mistake each other's answers", async () => {
  const line = new Line();
  const one = connect(line, hears());
  const two = connect(line, hears());
  void one.ask("undo", {});
  void two.ask("undo", {});
  expect(new Set(line.sent.map(({ seq }) => seq)).size).toBe(2);
});

test("pushes and revisions are handed on, and not after closing", () => {
  const { line, heard, close } = setup();
  line.say({ push: "changed", revision: 7 });
  expect(heard.push).toHaveBeenCalledWith({ push: "changed", revision: 7 });
  close();
  line.say({ push: "changed", revision: 8 });
  expect(heard.push).toHaveBeenCalledTimes(1);
});
