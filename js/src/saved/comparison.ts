/** Two saved branches beside each other, aligned by depth. */
import type { Args } from "../client";
import type {
  BothNumbers,
  ComparisonView,
  Difference,
  DiffPart,
  FieldPair,
  SavedTurn,
  TurnPair,
} from "../protocol";
import { type Branch, type Conversation, parting, within } from "./page";
import { firstPoints, points } from "./text";
import { wordDiff } from "./words";

const MOST_PAIRS = 60;
const MOST_COUNTED = 2_000;
const FIELD_CHARS = 8_000;
const SIDES = ["inputs", "outputs"] as const;

type Turn = SavedTurn | undefined;
type Pick = (turn: SavedTurn) => number | null;

export function comparisonView(conversation: Conversation, args: Args<"compare">): ComparisonView {
  const pair = new Pair(conversation.branch(args.branch), conversation.branch(args.other));
  const { left, right, total } = pair;
  const { start, stop } = within(args.start, args.stop, total, MOST_PAIRS);
  const few = total <= MOST_COUNTED;
  const every = Array.from({ length: few ? total : 0 }, (_, row) => row);
  return {
    ...{ left: left.name, right: right.name, total, shared: pair.shared, start },
    differing: few ? every.filter((row) => pair.differs(row)).length : null,
    means: Object.fromEntries(meansOf(every.map((row) => pair.scores(row)))),
    turns: Array.from({ length: stop - start }, (_, step) => pair.turn(start + step)),
  };
}

export function nextDifference(conversation: Conversation, args: Args<"next_difference">) {
  const pair = new Pair(conversation.branch(args.branch), conversation.branch(args.other));
  const step = args.backwards ? -1 : 1;
  const first = args.backwards ? Math.min(args.row, pair.total) - 1 : args.row + 1;
  for (let row = first; row >= 0 && row < pair.total; row += step)
    if (pair.differs(row)) return { row } satisfies Difference;
  return { row: null } satisfies Difference;
}

class Pair {
  private readonly first: number;
  readonly total: number;

  constructor(
    readonly left: Branch,
    readonly right: Branch,
  ) {
    this.first = Math.min(left.first, right.first);
    this.total = Math.max(left.end, right.end) - this.first;
  }

  /** How many rows both branches share, before any that only one of them keeps. */
  get shared(): number {
    const { left, right } = this;
    return left.first === right.first ? parting(left, right) - left.first : 0;
  }

  differs(row: number): boolean {
    const both = this.at(row);
    const apart = ([left, right]: readonly (number | null)[]) => left !== right;
    return (
      SIDES.some((side) => namesOf(side, both).some((name) => changed(side, name, both))) ||
      [...this.scores(row).values()].some(({ left, right }) => apart([left, right]))
    );
  }

  /** Every score by its name. */
  scores(row: number): ReadonlyMap<string, BothNumbers> {
    const both = this.at(row);
    const names = both.flatMap((turn) => turn?.detail.scores.map(({ name }) => name) ?? []);
    const value = (name: string) => (turn: SavedTurn) =>
      turn.detail.scores.find((one) => one.name === name)?.value ?? null;
    return new Map(names.map((name) => [name, numbers(both, value(name))]));
  }

  turn(row: number): TurnPair {
    const both = this.at(row);
    const [left, right] = both.map((turn) => turn?.detail.turn_id ?? null);
    return {
      ...{ index: this.first + row, left: left ?? null, right: right ?? null },
      shared: !!left && left === right,
      differs: this.differs(row),
      fields: SIDES.flatMap((side) => namesOf(side, both).map((name) => field(side, name, both))),
      scores: Object.fromEntries(this.scores(row)),
      tokens: numbers(both, tokensOf),
      cost: numbers(both, ({ detail }) => detail.usage.cost),
      latency_s: numbers(both, ({ detail }) => detail.usage.latency_s),
    };
  }

  private at(row: number): readonly [Turn, Turn] {
    const depth = this.first + row;
    const turn = (branch: Branch) => (branch.has(depth) ? branch.at(depth) : undefined);
    return [turn(this.left), turn(this.right)];
  }
}

function meansOf(rows: readonly ReadonlyMap<string, BothNumbers>[]): [string, BothNumbers][] {
  const names = new Set(rows.flatMap((scores) => [...scores.keys()]));
  return [...names].flatMap((name): [string, BothNumbers][] => {
    const both = rows
      .map((scores) => scores.get(name))
      .filter((one) => one && one.left !== null && one.right !== null);
    const mean = (side: "left" | "right") =>
      both.reduce((sum, one) => sum + (one?.[side] ?? 0), 0) / both.length;
    return both.length ? [[name, { left: mean("left"), right: mean("right") }]] : [];
  });
}

type Side = (typeof SIDES)[number];

function namesOf(side: Side, turns: readonly Turn[]): string[] {
  return [...new Set(turns.flatMap((turn) => turn?.detail[side].map(({ name }) => name) ?? []))];
}

function textOf(side: Side, name: string, turn: Turn): string | undefined {
  return turn?.detail[side].find((one) => one.name === name)?.value.text;
}

/** Whether the values differ; where they are no texts, the kernel has numbered those it had. */
function changed(side: Side, name: string, [left, right]: readonly [Turn, Turn]): boolean {
  const number = ({ values }: SavedTurn) =>
    values && Object.hasOwn(values[side], name) ? values[side][name] : undefined;
  if (!left || !right) return true;
  const [one, other] = [number(left), number(right)];
  if (one !== undefined || other !== undefined) return one !== other;
  return textOf(side, name, left) !== textOf(side, name, right);
}

function field(side: Side, name: string, both: readonly [Turn, Turn]): FieldPair {
  const [left = "", right = ""] = both.map((turn) => textOf(side, name, turn));
  const parts: DiffPart[] = [];
  let room = FIELD_CHARS;
  for (const [kind, text] of wordDiff(left, right)) {
    if (room > 0) parts.push([kind, firstPoints(text, room)]);
    room -= points(text);
  }
  return { name, side, changed: changed(side, name, both), parts, left_out: Math.max(0, -room) };
}

function numbers([left, right]: readonly [Turn, Turn], pick: Pick): BothNumbers {
  return { left: left ? pick(left) : null, right: right ? pick(right) : null };
}

function tokensOf({ detail: { usage } }: SavedTurn): number | null {
  const { prompt_tokens: sent, completion_tokens: received } = usage;
  return sent === null && received === null ? null : (sent ?? 0) + (received ?? 0);
}
