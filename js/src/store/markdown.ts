/** Which fields are shown as Markdown: by name, in every turn and every view of a widget. */
import { signal } from "../signals";
import type { Store } from "./store";

/**
 * What was chosen by hand, for as long as the widget lives: each widget has a script of its own,
 * and its views come and go. The kernel need not know: a conversation is the same however it looks.
 */
const chosen = signal<ReadonlyMap<string, boolean>>(new Map());

export function isMarkdown(store: Store, field: string): boolean {
  return chosen.value.get(field) ?? store.summary.value.markdown.includes(field);
}

export function toggleMarkdown(store: Store, field: string): void {
  chosen.value = new Map(chosen.peek()).set(field, !isMarkdown(store, field));
}
