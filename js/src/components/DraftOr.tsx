/** The editor when a value is being edited, else the value. */
import type { ComponentChildren } from "preact";
import { more } from "../part";
import { draftKey, type Place, type Target, type TurnAt } from "../store/drafts";
import type { Store } from "../store/store";

interface Props {
  store: Store;
  turn: TurnAt;
  target: Target;
  place?: Place;
  children: ComponentChildren;
}

export function DraftOr({ store, turn, target, place = "detail", children }: Props) {
  const draft = store.drafts.value.get(draftKey(turn.turn_id, target));
  const Editor = more.value?.Editor;
  return draft?.place === place && Editor ? <Editor store={store} draft={draft} /> : children;
}
