/** Edits not yet saved. They belong to the view, so that scrolling or a blur never loses a text. */
import type { FieldSpec } from "../protocol";
import type { Signal } from "../signals";

/** What can be edited of a turn. */
export type Target =
  | FieldTarget
  | { readonly kind: "score"; readonly name?: string; readonly callId?: string }
  | FeedbackTarget
  | { readonly kind: "label" | "note" };

/** Why a score is what it is. */
export interface FeedbackTarget {
  readonly kind: "feedback";
  readonly name: string;
  readonly value: number;
  readonly callId?: string;
}

/** A field of a turn, or of a call nested in it. */
export interface FieldTarget {
  readonly kind: "inputs" | "outputs";
  readonly field: string;
  readonly callId?: string;
  /** How the field of a nested call is edited; those of turns are known by their name. */
  readonly spec?: Pick<FieldSpec, "kind" | "choices">;
}

export interface TurnAt {
  readonly branch: string;
  readonly turn_id: string;
  readonly index: number;
  readonly version: number;
}

/** Where a value is edited: of an expanded turn, the row and the detail both show it. */
export type Place = "row" | "detail";

export interface Draft {
  readonly target: Target;
  readonly place: Place;
  readonly turn: TurnAt;
  /** Changes with every key and is read when it is saved or shown again: not a signal. */
  text: string;
  /** A person just asked for it: it takes the keyboard. */
  isNew: boolean;
  readonly problem: Signal<string>;
  readonly busy: Signal<boolean>;
}

export function draftKey(turnId: string, target: Target): string {
  return JSON.stringify([
    turnId,
    target.kind,
    "field" in target && target.field,
    "callId" in target && target.callId,
    "name" in target && target.name,
  ]);
}
