/** Turns in full, fetched when one is expanded; the oldest are forgotten. */
import { type Signal, signal } from "@preact/signals";
import type { TurnDetail } from "../protocol";
import type { Store } from "./store";

const KEPT = 40;

interface Entry {
  readonly detail: Signal<TurnDetail | undefined>;
  revision: number;
}

export type DetailCache = Map<string, Entry>;

export function detailOf(store: Store, branch: string, turnId: string): Entry {
  const key = `${branch} ${turnId}`;
  const entry = store.details.get(key) ?? { detail: signal(undefined), revision: -1 };
  store.details.delete(key);
  store.details.set(key, entry);
  for (const old of store.details.keys()) {
    if (store.details.size <= KEPT) break;
    store.details.delete(old);
  }
  return entry;
}

/** Makes sure that a turn's detail is of the newest revision; the old one stays until it is. */
export async function loadDetail(
  store: Store,
  branch: string,
  turnId: string,
): Promise<TurnDetail | undefined> {
  const entry = detailOf(store, branch, turnId);
  const revision = store.revision.peek();
  if (entry.revision < revision) {
    entry.revision = revision;
    try {
      entry.detail.value = await store.ask("turn", { branch, turn_id: turnId });
    } catch (error) {
      entry.revision = -1;
      throw error;
    }
  }
  return entry.detail.peek();
}
