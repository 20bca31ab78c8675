/** Opening, saving and giving up edits. */

import { RefusedError } from "../client";
import { EDIT_CHARS, type Text } from "../protocol";
import { signal } from "../signals";
import { begin, perform } from "./actions";
import { loadDetail } from "./details";
import {
  type Draft,
  draftKey,
  type FieldTarget,
  type Place,
  type Target,
  type TurnAt,
} from "./drafts";
import { announce, focusOn } from "./screen";
import type { Store } from "./store";

export function draftName(turn: TurnAt, target: Target): string {
  const { kind } = target;
  const what = "field" in target ? target.field : "name" in target ? target.name : kind;
  return `Edit ${kind === "feedback" ? `feedback of ${what}` : what} of turn ${turn.index}`;
}

/** Opens an editor; a draft that was begun in the other place moves here with its text. */
export function openDraft(
  store: Store,
  turn: TurnAt,
  target: Target,
  text: string,
  place: Place = "detail",
): void {
  if (!store.canAct.peek()) {
    announce(store, "Not connected to a kernel: nothing can be edited.");
    return;
  }
  const key = draftKey(turn.turn_id, target);
  const begun = store.drafts.peek().get(key);
  if (begun?.place === place) return;
  const draft = begun ?? { target, turn, text, problem: signal(""), busy: signal(false) };
  store.drafts.value = new Map(store.drafts.peek()).set(key, { ...draft, place, isNew: true });
}

/** Opens a field for editing with its whole text, which what is shown may not hold. */
export async function editField(
  store: Store,
  turn: TurnAt,
  target: FieldTarget,
  place: Place = "detail",
): Promise<void> {
  const { kind: side, field, callId } = target;
  if (side === "inputs" && !store.summary.peek().can_call) {
    return announce(store, "There is no program to call: an input cannot be changed.");
  }
  try {
    const detail = await loadDetail(store, turn.branch, turn.turn_id);
    const record = callId ? detail.calls.find(({ call_id }) => call_id === callId) : detail;
    const value = record?.[side].find(({ name }) => name === field)?.value;
    if (!value) return;
    if (value.length > EDIT_CHARS)
      return announce(store, "This text is too long to edit here.", true);
    openDraft(store, turn, target, await wholeText(store, turn, target, value), place);
  } catch (error) {
    announce(store, (error as Error).message, true);
  }
}

/** The text of a field with what an answer left out. Throws rather than give only a part of it. */
async function wholeText(
  store: Store,
  { branch, turn_id }: TurnAt,
  { kind: side, field, callId }: FieldTarget,
  { text, length }: Text,
): Promise<string> {
  const at = { branch, turn_id, side, field, ...(callId ? { call_id: callId } : {}) };
  let whole = text;
  while (whole.length < length) {
    const range = { start: whole.length, stop: length, part: "value" as const };
    const more = await store.ask("text", { ...at, ...range });
    if (!more.text || more.length !== length)
      throw new Error(`${field} changed while it was read: open it again.`);
    whole += more.text;
  }
  return whole;
}

export function closeDraft(store: Store, draft: Draft): void {
  const drafts = new Map(store.drafts.peek());
  drafts.delete(draftKey(draft.turn.turn_id, draft.target));
  store.drafts.value = drafts;
  focusOn(store, store.focus.peek());
}

/** Saves a draft. A refusal stays beside it, with the text as it was written. */
export async function saveDraft(store: Store, draft: Draft): Promise<void> {
  if (draft.busy.peek()) return;
  draft.busy.value = true;
  draft.problem.value = "";
  try {
    await send(store, draft);
    closeDraft(store, draft);
  } catch (error) {
    draft.problem.value = (error as Error).message;
    if (error instanceof RefusedError && error.code === "conflict") await rebase(store, draft);
  } finally {
    draft.busy.value = false;
  }
}

/** After a conflict the person has been told: saving again means "on top of what is there now". */
async function rebase(store: Store, draft: Draft): Promise<void> {
  const { branch, turn_id } = draft.turn;
  const turn = await store.ask("turn", { branch, turn_id }).catch(() => undefined);
  const callId = "callId" in draft.target && draft.target.callId;
  const now = callId ? turn?.calls.find(({ call_id }) => call_id === callId) : turn;
  if (now) Object.assign(draft, { turn: { ...draft.turn, version: now.version } });
}

async function send(store: Store, { target, turn, text }: Draft): Promise<void> {
  const { branch, turn_id, version } = turn;
  const at = { branch, turn_id, version };
  const call = "callId" in target && target.callId ? { call_id: target.callId } : {};
  switch (target.kind) {
    case "outputs":
      await perform(store, "edit", { ...at, field: target.field, text, ...call });
      break;
    case "inputs":
      await begin(store, "rerun", { branch, turn_id, inputs: { [target.field]: text } });
      break;
    case "feedback": {
      const { name, value } = target;
      const feedback = text.trim() || null;
      await perform(store, "score", { ...at, name, value, feedback, ...call });
      break;
    }
    case "score": {
      const value = text.trim() === "" ? null : Number(text);
      if (value !== null && !Number.isFinite(value))
        throw new Error("A score is a number, e.g. 0.75.");
      await perform(store, "score", {
        ...at,
        value,
        ...(target.name ? { name: target.name } : {}),
        ...call,
      });
      break;
    }
    default:
      await perform(store, "annotate", { ...at, [target.kind]: text.trim() || null });
  }
}
