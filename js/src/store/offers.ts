/** A branch that was just made, to be compared with the one it came from in one step. */
import type { Finished } from "../protocol";
import { type Signal, signal } from "../signals";
import { showBranch } from "./navigation";
import { announce } from "./screen";
import type { Store } from "./store";

export interface Offer {
  /** Keys of the new branch and of the one before. */
  readonly branch: string;
  readonly other: string;
}

const known = new WeakMap<Store, Signal<Offer | null>>();

export function offerOf(store: Store): Signal<Offer | null> {
  const offer = known.get(store) ?? signal<Offer | null>(null);
  known.set(store, offer);
  return offer;
}

/** Offers to compare what a job made with the branch that it began from; the key is set up too. */
export function offerComparison(store: Store, from: string, end: Finished): void {
  if (end.outcome !== "done" || !end.branch || end.branch === from) return;
  offerOf(store).value = { branch: end.branch, other: from };
  store.other.value = from;
  const name = store.summary.peek().branches.find(({ key }) => key === from)?.name;
  if (name && store.letterKeys.peek())
    announce(store, `${end.message}. Press c on a turn to compare it with ${name}.`);
}

export async function takeOffer(store: Store, { branch, other }: Offer): Promise<void> {
  store.other.value = other;
  if (store.branch.peek() !== branch) await showBranch(store, branch);
  store.panel.value = "compare";
}
