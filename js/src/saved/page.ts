/** The conversation in a saved page: its branches, each with the turns that it keeps. */
import type { MessageView, SavedBranch, SavedCall, SavedPage, SavedTurn } from "../protocol";
import { Lists, withTexts } from "./data";

export class Branch {
  constructor(
    readonly saved: SavedBranch,
    readonly name: string,
    private readonly turns: readonly SavedTurn[],
    private readonly lists: Lists,
  ) {}

  /** Position of the oldest turn that is kept. */
  get first(): number {
    return this.saved.first;
  }

  /** Position behind the newest turn. */
  get end(): number {
    return this.first + this.numbers.length;
  }

  /** The turn at a position; it must be there. */
  at(position: number): SavedTurn {
    return this.turns[this.numbers[position - this.first] as number] as SavedTurn;
  }

  has(position: number): boolean {
    return position >= this.first && position < this.end;
  }

  /** The positions of all turns, oldest first. */
  get positions(): number[] {
    return Array.from(this.numbers, (_, at) => this.first + at);
  }

  /** The position of a turn, found by its id. */
  position(id: string): number {
    const at = this.numbers.findIndex((number) => this.turns[number]?.detail.turn_id === id);
    if (at < 0) throw new Error("That turn is not on this branch.");
    return this.first + at;
  }

  private get numbers(): readonly number[] {
    return this.lists.at(this.saved.turns);
  }
}

export class Conversation {
  readonly page: SavedPage;
  readonly branches: readonly Branch[];
  private readonly lists: Lists;

  constructor(page: SavedPage) {
    this.page = withTexts(page);
    this.lists = new Lists(page.lists);
    const names = new Map(page.summary.branches.map(({ key, name }) => [key, name]));
    this.branches = this.page.branches.map(
      (saved) => new Branch(saved, names.get(saved.key) ?? "", this.page.turns, this.lists),
    );
  }

  get revision(): number {
    return this.page.summary.revision;
  }

  branch(key: string): Branch {
    const branch = this.branches.find(({ saved }) => saved.key === key);
    if (!branch) throw new Error("That branch is not in this page.");
    return branch;
  }

  /** The messages of a list, by its number. */
  messages(list: number): { total: number; at: (index: number) => MessageView } {
    const numbers = this.lists.at(list);
    const at = (index: number) => this.page.messages[numbers[index] as number] as MessageView;
    return { total: numbers.length, at };
  }
}

/** What a turn, or a call nested in it, saw and sent. */
export function callIn({ own, calls }: SavedTurn, id: string | undefined): SavedCall {
  const found = id === undefined ? own : Object.hasOwn(calls, id) ? calls[id] : undefined;
  if (!found) throw new Error("That turn has no such nested call.");
  return found;
}

/** The first position at which two branches hold different turns: from there on they never meet. */
export function parting(left: Branch, right: Branch): number {
  let low = Math.max(left.first, right.first);
  let high = Math.max(low, Math.min(left.end, right.end));
  while (low < high) {
    const middle = (low + high) >> 1;
    if (left.at(middle).detail.turn_id === right.at(middle).detail.turn_id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The part of a range that is there, and of that at most so many. */
export function within(start: number, stop: number, total: number, most: number) {
  const from = Math.min(Math.max(start, 0), total);
  return { start: from, stop: Math.max(from, Math.min(stop, total, from + most)) };
}
