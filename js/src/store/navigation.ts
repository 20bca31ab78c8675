/** Going somewhere: another branch, another filter, a certain turn. */

import { SilentError } from "../client";
import type { Filter, Row } from "../protocol";
import { batch } from "../signals";
import { still } from "../still";
import { Rows } from "./rows";
import { announce, focusOn, type OfTheScreen } from "./screen";
import type { Store } from "./store";

/** The last wish of each view; an answer to an earlier one comes too late to count. */
const wishes = new WeakMap<OfTheScreen["rows"], number>();

/** Shows a branch under a filter, at a turn if one is named. What is shown stays until then. */
export async function show(
  store: Store,
  branch: string,
  filter: Filter,
  turnId?: string,
): Promise<void> {
  const wish = (wishes.get(store.rows) ?? 0) + 1;
  wishes.set(store.rows, wish);
  store.branch.value = branch;
  store.filter.value = filter;
  const before = store.rows.peek();
  const same = before.branch === branch && before.filter === filter;
  const rows = same ? before : new Rows(store.ask, store.revision, branch, filter);
  try {
    const position = turnId
      ? (await store.ask("locate", { branch, turn_id: turnId, filter })).position
      : 0;
    if (!same || (turnId && position !== null)) await rows.load(position ?? 0);
    await still.until;
    if (wishes.get(store.rows) !== wish) return;
    batch(() => {
      store.rows.value = rows;
      if (turnId && position === null) announce(store, "The filter hides that turn.");
      else if (turnId) focusOn(store, { position: position ?? 0 });
      else store.focus.value = { ...store.focus.peek(), position: 0, inDetail: false };
    });
  } catch (error) {
    if (wishes.get(store.rows) !== wish) return;
    store.branch.value = before.branch;
    store.filter.value = before.filter;
    if (!(error instanceof SilentError)) announce(store, (error as Error).message, true);
  }
}

export function showBranch(store: Store, branch: string, turnId?: string): Promise<void> {
  return show(store, branch, store.filter.peek(), turnId);
}

/** Changes parts of the filter; an empty part is no part. */
export function refine(store: Store, change: Partial<Record<keyof Filter, unknown>>): void {
  const parts = Object.entries({ ...store.filter.peek(), ...change });
  const filter = parts.filter(([, part]) => part !== undefined && part !== "");
  void show(store, store.branch.peek(), Object.fromEntries(filter) as Filter);
}

/** The turn at the same place of the tree, so many branches on. */
export function showSibling(store: Store, row: Row, step: number): void {
  const here = row.siblings.findIndex((sibling) => sibling.turn_id === row.turn_id);
  const other = row.siblings[here + step];
  if (other) void showBranch(store, other.branch, other.turn_id);
}
