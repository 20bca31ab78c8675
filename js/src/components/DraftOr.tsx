/** The editor when a value is being edited, else the value. */
import type { ComponentChildren } from "preact";
import { more } from "../part";
import type { Place, Target, TurnAt } from "../store/drafts";
import type { Store } from "../store/store";

interface Props {
  store: Store;
  turn: TurnAt;
  target: Target;
  place?: Place;
  children: ComponentChildren;
}

export function DraftOr({ store, turn, target, place = "detail", children }: Props) {
  return more.value?.editorAt(store, turn, target, place) ?? children;
}
