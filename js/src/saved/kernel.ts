/** Stands in the kernel's place in a saved page: answers what is asked to read, changes nothing. */
import type { Args, Name, Result, Wire } from "../client";
import {
  type FieldDetail,
  type MessageView,
  type Row,
  type SavedPage,
  type SavedTurn,
  type Summary,
  TEXT_CHARS,
  type TurnDetail,
} from "../protocol";
import { Lists, withTexts } from "./data";
import { positionsOf, rowOf } from "./rows";

type Heard = (message: unknown) => void;
type Answers = { [K in Name]?: (args: Args<K>) => Result<K> };

const MOST_MESSAGES = 200;
const HEAD_ROWS = 50;

export class SavedKernel implements Wire {
  private readonly page: SavedPage;
  private readonly lists: Lists;
  private readonly hearers = new Set<Heard>();

  constructor(page: SavedPage) {
    this.page = withTexts(page);
    this.lists = new Lists(page.lists);
  }

  get(_trait: "summary"): Summary {
    const { summary } = this.page;
    const { branch } = summary;
    return { ...summary, head: this.rows({ branch, start: 0, stop: HEAD_ROWS }) };
  }

  on(event: string, hear: Heard): void {
    if (event === "msg:custom") this.hearers.add(hear);
  }

  off(_event: string, hear: Heard): void {
    this.hearers.delete(hear);
  }

  send(content: unknown): void {
    const { ask, seq, args } = content as { ask: Name; seq: number; args: never };
    const reply = { re: seq, revision: this.page.summary.revision, ...this.answered(ask, args) };
    queueMicrotask(() => {
      for (const hear of this.hearers) hear(reply);
    });
  }

  private answered(ask: Name, args: never): object {
    const answer = this.answers[ask] as ((args: never) => unknown) | undefined;
    const message = "This is a saved conversation, for reading: there is no kernel to do that.";
    if (!answer) return { error: { code: "refused", message } };
    try {
      return { result: answer(args) };
    } catch (error) {
      return { error: { code: "not-found", message: (error as Error).message } };
    }
  }

  private readonly answers: Answers = {
    summary: () => this.get("summary"),
    rows: (args) => this.rows(args),
    locate: ({ branch, turn_id, filter }) => {
      const turns = this.turns(branch);
      const position = turns.findIndex(({ detail }) => detail.turn_id === turn_id);
      const found = positionsOf(turns, filter ?? {}).indexOf(position);
      return { position: found < 0 ? null : found };
    },
    turn: ({ branch, turn_id }) => this.detail(branch, this.turn(branch, turn_id)),
    history: ({ branch, turn_id, call_id, kind, start, stop }) => {
      const call = this.call(branch, turn_id, call_id);
      return this.messages(kind === "now" ? call.now : call.seen, start, stop);
    },
    prompt: ({ branch, turn_id, call_id, which, start, stop }) =>
      this.messages(this.call(branch, turn_id, call_id).prompts[which] ?? -1, start, stop),
    text: ({ branch, turn_id, call_id, side, field, part, start, stop }) => {
      const { detail } = this.turn(branch, turn_id);
      const record = call_id ? detail.calls.find((one) => one.call_id === call_id) : detail;
      const found = record?.[side].find(({ name }) => name === field);
      const text = (part === "original" ? found?.original : found?.value)?.text ?? "";
      return { text: text.slice(start, Math.min(stop, start + TEXT_CHARS)), length: text.length };
    },
    tree: ({ search }) => this.tree(search ?? ""),
    log: () => ({ total: 0, start: 0, lines: [] }),
  };

  private turns(branch: string): SavedTurn[] {
    const list = this.page.branches[branch];
    if (list === undefined) throw new Error("That branch is not in this page.");
    return this.lists.at(list).flatMap((at) => this.page.turns[at] ?? []);
  }

  private turn(branch: string, id: string): SavedTurn {
    const turn = this.turns(branch).find(({ detail }) => detail.turn_id === id);
    if (!turn) throw new Error("That turn is not on this branch.");
    return turn;
  }

  private call(branch: string, turn: string, id: string | undefined) {
    const { own, calls } = this.turn(branch, turn);
    return (id ? calls[id] : own) ?? { seen: -1, now: -1, prompts: [] };
  }

  private rows({ branch, start, stop, filter }: Args<"rows">): Result<"rows"> {
    const turns = this.turns(branch);
    const found = positionsOf(turns, filter ?? {});
    const rows = found.slice(start, stop).map((at) => {
      const turn = turns[at] as SavedTurn;
      return rowOf(turn, turns[at - 1], this.siblings(branch, at));
    });
    const { revision } = this.page.summary;
    return { branch, revision, turns: turns.length, matched: found.length, start, rows };
  }

  /** The turns beside one: those of other branches that went the same way until here. */
  private siblings(branch: string, at: number): Row["siblings"] {
    const found = new Map<string, Row["siblings"][number]>();
    const before = this.idAt(branch, at - 1);
    const own = [branch, ...Object.keys(this.page.branches).filter((key) => key !== branch)];
    for (const key of own) {
      const id = this.idAt(key, at);
      if (id === undefined || this.idAt(key, at - 1) !== before || found.has(id)) continue;
      const name = this.page.summary.branches.find((one) => one.key === key)?.name ?? key;
      found.set(id, { branch: key, turn_id: id, name });
    }
    const created = ({ branch, turn_id }: Row["siblings"][number]) =>
      this.turn(branch, turn_id).detail.usage.created_at;
    return found.size < 2
      ? [...found.values()]
      : [...found.values()].sort((a, b) => (created(a) < created(b) ? -1 : 1));
  }

  private idAt(branch: string, at: number): string | undefined {
    const turn = this.lists.at(this.page.branches[branch] ?? -1)[at];
    return turn === undefined ? undefined : this.page.turns[turn]?.detail.turn_id;
  }

  private detail(branch: string, { detail }: SavedTurn): TurnDetail {
    const name = this.page.summary.branches.find(({ key }) => key === branch)?.name ?? "";
    const first = this.turns(branch)[0]?.detail.index ?? 0;
    return {
      ...detail,
      inputs: detail.inputs.map(clipped),
      outputs: detail.outputs.map(clipped),
      calls: detail.calls.map((call) => ({
        ...{ ...call, inputs: call.inputs.map(clipped), outputs: call.outputs.map(clipped) },
      })),
      python: `session.branches[${JSON.stringify(name)}].turns[${detail.index - first}]`,
    };
  }

  private messages(list: number, start: number, stop: number) {
    const numbers = this.lists.at(list);
    const end = Math.min(stop, start + MOST_MESSAGES);
    const messages = numbers.slice(start, end).map((at) => this.page.messages[at] as MessageView);
    return { total: numbers.length, start, messages };
  }

  private tree(search: string): Result<"tree"> {
    const { tree } = this.page;
    const wanted = search.toLowerCase();
    const hits = new Set<string>();
    if (wanted) {
      for (const key of Object.keys(this.page.branches)) {
        const turns = this.turns(key);
        for (const at of positionsOf(turns, { search })) hits.add(turns[at]?.detail.turn_id ?? "");
      }
    }
    const segments = tree.segments.map((segment) => ({
      ...segment,
      turns: segment.turns.map((turn) => ({ ...turn, found: hits.has(turn.turn_id) })),
    }));
    return { ...tree, segments, found: hits.size };
  }
}

function clipped(field: FieldDetail): FieldDetail {
  const cut = ({ text }: { text: string }) => ({
    text: text.slice(0, TEXT_CHARS),
    length: text.length,
  });
  return { ...field, value: cut(field.value), original: field.original && cut(field.original) };
}
