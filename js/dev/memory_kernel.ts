/** A kernel made of memory: speaks the protocol as the real one does, for tests and the dev page. */
import type { Wire } from "../src/client";
import type { Filter, Reply, Requests, Row, Summary, TurnDetail } from "../src/protocol";
import { answers } from "./memory_answers";
import { rowOf, summaryOf } from "./memory_view";

export interface MemoryTurn {
  id: string;
  inputs: Record<string, string>;
  outputs: Record<string, string>;
  edited: Record<string, string>;
  score: number | null;
  scoreName: string;
  feedback: string | null;
  label: string | null;
  note: string | null;
  excluded: boolean;
  version: number;
  stale: boolean;
  calls: TurnDetail["calls"];
}

export interface MemoryBranch {
  key: string;
  name: string;
  parent: string | null;
  forked_at: number;
  starred: boolean;
  turns: MemoryTurn[];
}

export interface MemoryState {
  revision: number;
  branches: MemoryBranch[];
  current: string;
  metrics: string[];
  scoredBy: string[];
  canCall: boolean;
  markdown: string[];
  undo: { words: string; branches: MemoryBranch[] }[];
  redo: { words: string; branches: MemoryBranch[] }[];
  outputs: Summary["outputs"];
  inputs: Summary["inputs"];
  jobs: Summary["jobs"];
  nextId: number;
}

export const text = (name: string) => ({
  ...{ name, kind: "text" as const, annotation: "str", choices: [], known: true },
});

export function turn(
  id: string,
  question: string,
  answer: string,
  more: Partial<MemoryTurn> = {},
): MemoryTurn {
  return {
    ...{ id, inputs: { question }, outputs: { answer }, edited: {}, score: null, label: null },
    ...{ scoreName: "exact", feedback: "close, but too vague" },
    ...{ note: null, excluded: false, version: 0, stale: false, calls: [], ...more },
  };
}

export function conversation(turns: MemoryTurn[], more: Partial<MemoryState> = {}): MemoryState {
  const main = { key: "b0", name: "main", parent: null, forked_at: 0, starred: false, turns };
  return {
    ...{
      revision: 1,
      branches: [main],
      current: "b0",
      metrics: ["exact", "length"],
      scoredBy: ["exact", "hand"],
      canCall: true,
      markdown: [],
    },
    ...{
      undo: [],
      redo: [],
      jobs: [],
      nextId: 1,
      inputs: [text("question")],
      outputs: [text("answer")],
    },
    ...more,
  };
}

type Heard = (message: unknown) => void;

/** The kernel's side of one widget model. */
export class MemoryKernel implements Wire {
  readonly asked: { ask: string; args: Record<string, unknown> }[] = [];
  /** Names of requests that get no answer. */
  readonly deafTo = new Set<string>();
  delayMs = 0;
  /** The sources of the later scripts. */
  readonly parts = { more: "", views: "", markdown: "" };
  private readonly hearers = new Map<string, Set<Heard>>();

  constructor(readonly state: MemoryState) {}

  get(_trait: "summary"): Summary {
    return summaryOf(this.state);
  }

  on(event: string, hear: Heard): void {
    const hearers = this.hearers.get(event) ?? new Set();
    this.hearers.set(event, hearers.add(hear));
  }

  off(event: string, hear: Heard): void {
    this.hearers.get(event)?.delete(hear);
  }

  send(content: unknown): void {
    const { ask, seq, args } = content as { ask: keyof Requests; seq: number; args: never };
    this.asked.push({ ask, args });
    if (this.deafTo.has(ask) || this.deafTo.has("*")) return;
    const reply: Partial<Reply> = { re: seq };
    try {
      reply.result = structuredClone(answers[ask](this, args));
    } catch (error) {
      const [code, message] = (error as Error).message.split(": ", 2);
      reply.error = { code: code as "refused", message: message ?? "" };
    }
    reply.revision = this.state.revision;
    setTimeout(() => this.say(reply), this.delayMs);
  }

  /** Says something on the comm: an answer or a push. */
  say(message: unknown): void {
    for (const hear of this.hearers.get("msg:custom") ?? []) hear(message);
  }

  /** Tells of an event of the model, e.g. that the trait changed. */
  emit(event: string): void {
    for (const hear of this.hearers.get(event) ?? []) hear(undefined);
  }

  get listeners(): number {
    return [...this.hearers.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Something changed: the next revision, told to every view. */
  changed(): number {
    const revision = ++this.state.revision;
    setTimeout(() => this.say({ push: "changed", revision }), this.delayMs);
    return revision;
  }

  rows(branch: string, filter: Filter = {}): Row[] {
    const found = this.branch(branch).turns.map((_, index) => rowOf(this.state, branch, index));
    const kept = found.filter((row) => matches(row, filter));
    if (filter.sort === "score") kept.sort((a, b) => (a.score ?? -1) - (b.score ?? -1));
    return filter.descending ? kept.reverse() : kept;
  }

  branch(key: string): MemoryBranch {
    const branch = this.state.branches.find((one) => one.key === key);
    if (!branch) throw new Error("not-found: That branch is gone. Choose another.");
    return branch;
  }
}

function matches(
  row: Row,
  { search, min_score, max_score, scored, edited, stale, excluded, label }: Filter,
) {
  const all = [...row.inputs, ...row.outputs]
    .map((one) => one.text)
    .join("\n")
    .toLowerCase();
  return (
    (!search || all.includes(search.toLowerCase())) &&
    (min_score == null || (row.score ?? -1) >= min_score) &&
    (max_score == null || (row.score ?? 9) <= max_score) &&
    (scored == null || (row.score !== null) === scored) &&
    (!edited || row.edited) &&
    (!stale || row.stale) &&
    (excluded == null || row.excluded === excluded) &&
    (!label || row.label === label)
  );
}
