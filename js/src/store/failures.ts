/** Long actions of this view that failed: shown until they are dismissed or tried again. */
import { type Signal, signal } from "../signals";
import type { Store } from "./store";

export interface Failure {
  readonly job: number;
  /** What was tried, in words. */
  readonly label: string;
  readonly branch: string;
  readonly message: string;
}

const MOST = 3;
const known = new WeakMap<Store, Signal<readonly Failure[]>>();

export function failuresOf(store: Store): Signal<readonly Failure[]> {
  const failures = known.get(store) ?? signal<readonly Failure[]>([]);
  known.set(store, failures);
  return failures;
}

export function addFailure(store: Store, failure: Failure): void {
  const failures = failuresOf(store);
  failures.value = [...failures.peek(), failure].slice(-MOST);
}

export function dismissFailure(store: Store, job: number): void {
  const failures = failuresOf(store);
  failures.value = failures.peek().filter((one) => one.job !== job);
}

/** Something went well on a branch: what failed there before is past. */
export function forgetFailures(store: Store, branch: string): void {
  const failures = failuresOf(store);
  failures.value = failures.peek().filter((one) => one.branch !== branch);
}
