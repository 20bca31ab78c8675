/** Saved turns in full, their histories and prompts, as the kernel would send them. */
import type { Args } from "../client";
import type { FieldDetail, MessageView, MessageWindow, Text, TurnDetail } from "../protocol";
import { TEXT_CHARS } from "../protocol";
import { type Conversation, callIn, within } from "./page";
import { clipped, cut } from "./text";
import { wordDiff } from "./words";

const MOST_MESSAGES = 200;

export function detailOf(
  conversation: Conversation,
  { branch: key, turn_id }: Args<"turn">,
): TurnDetail {
  const branch = conversation.branch(key);
  const position = branch.position(turn_id);
  const { detail } = branch.at(position);
  return {
    ...detail,
    inputs: detail.inputs.map(shown),
    outputs: detail.outputs.map(shown),
    calls: detail.calls.map((call) => ({
      ...{ ...call, inputs: call.inputs.map(shown), outputs: call.outputs.map(shown) },
    })),
    python: `${branch.saved.python}[${position - branch.first}]`,
  };
}

/** A field as an answer holds it: very long texts cut, and what an edit changed. */
function shown({ name, value, original }: FieldDetail): FieldDetail {
  const [now, was] = [clipped(value.text), original && clipped(original.text)];
  return { name, value: now, original: was, diff: was ? wordDiff(was.text, now.text) : [] };
}

export function history(conversation: Conversation, args: Args<"history">): MessageWindow {
  const { branch, turn_id, call_id, kind, start, stop } = args;
  const call = callIn(turnIn(conversation, branch, turn_id), call_id);
  return messageWindow(conversation, kind === "now" ? call.now : call.seen, start, stop);
}

export function prompt(conversation: Conversation, args: Args<"prompt">): MessageWindow {
  const { branch, turn_id, call_id, which, start, stop } = args;
  const list = callIn(turnIn(conversation, branch, turn_id), call_id).prompts[which];
  if (list === undefined) throw new Error("That request was not made.");
  return messageWindow(conversation, list, start, stop);
}

/** A range of a long value. */
export function textOf(conversation: Conversation, args: Args<"text">): Text {
  const { detail } = turnIn(conversation, args.branch, args.turn_id);
  const record = args.call_id
    ? detail.calls.find(({ call_id }) => call_id === args.call_id)
    : detail;
  const field = record?.[args.side].find(({ name }) => name === args.field);
  if (!field) throw new Error("That turn or call has no such field.");
  const { text } = (args.part === "original" && field.original) || field.value;
  const start = Math.max(args.start, 0);
  const stop = Math.max(start, Math.min(args.stop, start + TEXT_CHARS));
  return { text: cut(text, start, stop), length: text.length };
}

function turnIn(conversation: Conversation, key: string, id: string) {
  const branch = conversation.branch(key);
  return branch.at(branch.position(id));
}

function messageWindow(
  conversation: Conversation,
  list: number,
  from: number,
  to: number,
): MessageWindow {
  const { total, at } = conversation.messages(list);
  const { start, stop } = within(from, to, total, MOST_MESSAGES);
  const messages = Array.from({ length: stop - start }, (_, step): MessageView => {
    const message = at(start + step);
    return { ...message, fields: message.fields.map(shown) };
  });
  return { total, start, messages };
}
