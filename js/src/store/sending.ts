/** Saying something on the branch that is shown. */
import type { Signal } from "../signals";
import { begin } from "./actions";
import { announce } from "./screen";
import type { Store } from "./store";

/** What stands in the composer's boxes, by the field's name. */
export type Values = Readonly<Record<string, string>>;

/** Sends the values and empties the boxes; a message that did not become a turn is not lost. */
export async function sendMessage(store: Store, values: Signal<Values>): Promise<void> {
  const sent = values.peek();
  const inputs: Record<string, string> = {};
  for (const { name, kind, known } of store.summary.peek().inputs) {
    if (!known) continue;
    inputs[name] = sent[name] ?? (kind === "boolean" ? "false" : "");
  }
  try {
    await begin(store, "send", { branch: store.branch.peek(), inputs }, (end) => {
      // Unless a new one was begun meanwhile.
      const isEmpty = Object.values(values.peek()).every((text) => !text);
      if (end.outcome !== "done" && isEmpty) values.value = sent;
    });
    values.value = {};
  } catch (error) {
    announce(store, (error as Error).message, true);
  }
}
