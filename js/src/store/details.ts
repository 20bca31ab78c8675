/** Turns in full, fetched when one is expanded; the oldest are forgotten. */

import type { TurnDetail } from "../protocol";
import { type Signal, signal } from "../signals";
import type { Store } from "./store";

const KEPT = 40;

interface Entry {
  readonly detail: Signal<TurnDetail | undefined>;
  revision: number;
  /** The answer to the last question, here or on its way. */
  loading?: Promise<TurnDetail>;
}

export type DetailCache = Map<string, Entry>;

export function detailOf(store: Store, branch: string, turnId: string): Entry {
  const key = `${branch} ${turnId}`;
  const entry: Entry = store.details.get(key) ?? { detail: signal(undefined), revision: -1 };
  store.details.delete(key);
  store.details.set(key, entry);
  for (const old of store.details.keys()) {
    if (store.details.size <= KEPT) break;
    store.details.delete(old);
  }
  return entry;
}

/** Makes sure that a turn's detail is of the newest revision; the old one stays until it is. */
export function loadDetail(store: Store, branch: string, turnId: string): Promise<TurnDetail> {
  const entry = detailOf(store, branch, turnId);
  const revision = store.revision.peek();
  if (entry.loading && entry.revision >= revision) return entry.loading;
  entry.revision = revision;
  entry.loading = store.ask("turn", { branch, turn_id: turnId }).then(
    (detail) => {
      if (entry.revision === revision) entry.detail.value = detail;
      return detail;
    },
    (error) => {
      entry.revision = -1;
      throw error;
    },
  );
  return entry.loading;
}
