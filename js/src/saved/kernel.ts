/** Stands in the kernel's place in a saved page: answers what is asked to read, changes nothing. */
import type { Args, Name, Result, Wire } from "../client";
import type { SavedPage, Summary } from "../protocol";
import { comparisonView, nextDifference } from "./comparison";
import { detailOf, history, prompt, textOf } from "./detail";
import { positionsOf } from "./filter";
import { ledgerWindow, nodesView } from "./nodes";
import { Conversation } from "./page";
import { rowWindow } from "./rows";
import { keptOf, scoresView } from "./scores";
import { treeView } from "./tree";

type Heard = (message: unknown) => void;
type Answers = { [K in Name]?: (conversation: Conversation, args: Args<K>) => Result<K> };

const HEAD_ROWS = 50;

const answers: Answers = {
  summary: summaryOf,
  rows: rowWindow,
  locate,
  turn: detailOf,
  history,
  prompt,
  text: textOf,
  tree: treeView,
  compare: comparisonView,
  next_difference: nextDifference,
  scores: scoresView,
  kept: keptOf,
  nodes: nodesView,
  ledger: ledgerWindow,
};

export class SavedKernel implements Wire {
  private readonly conversation: Conversation;
  private readonly hearers = new Set<Heard>();

  constructor(page: SavedPage) {
    this.conversation = new Conversation(page);
  }

  get(_trait: "summary"): Summary {
    return summaryOf(this.conversation);
  }

  on(event: string, hear: Heard): void {
    if (event === "msg:custom") this.hearers.add(hear);
  }

  off(_event: string, hear: Heard): void {
    this.hearers.delete(hear);
  }

  send(content: unknown): void {
    const { ask, seq, args } = content as { ask: Name; seq: number; args: never };
    const reply = { re: seq, revision: this.conversation.revision, ...this.answered(ask, args) };
    queueMicrotask(() => {
      for (const hear of this.hearers) hear(reply);
    });
  }

  private answered(ask: Name, args: never): object {
    const answer = answers[ask] as
      | ((conversation: Conversation, args: never) => unknown)
      | undefined;
    const message = "This is a saved conversation, for reading: there is no kernel to do that.";
    if (!answer) return { error: { code: "refused", message } };
    try {
      return { result: answer(this.conversation, args) };
    } catch (error) {
      return { error: { code: "not-found", message: (error as Error).message } };
    }
  }
}

function summaryOf(conversation: Conversation): Summary {
  const { summary } = conversation.page;
  const { branch } = summary;
  return { ...summary, head: rowWindow(conversation, { branch, start: 0, stop: HEAD_ROWS }) };
}

function locate(
  conversation: Conversation,
  { branch: key, turn_id, filter }: Args<"locate">,
): Result<"locate"> {
  const branch = conversation.branch(key);
  const found = positionsOf(branch, filter).indexOf(branch.position(turn_id));
  return { position: found < 0 ? null : found };
}
