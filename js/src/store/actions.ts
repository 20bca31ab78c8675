/** Doing something in the kernel, and telling how it went. */
import type { Args, Name, Result } from "../client";
import type { Acted, Finished, Job, Started } from "../protocol";
import { addFailure, forgetFailures } from "./failures";
import { showBranch } from "./navigation";
import { offerComparison } from "./offers";
import { announce, focusOn } from "./screen";
import type { Store } from "./store";

type Action = { [K in Name]: Result<K> extends Acted ? K : never }[Name];
type LongAction = { [K in Name]: Result<K> extends Started ? K : never }[Name];

/** Does an action and goes where it led. Throws what the kernel refused. */
export async function perform<K extends Action>(
  store: Store,
  name: K,
  args: Args<K>,
): Promise<Acted> {
  const acted: Acted = await store.ask(name, args);
  announce(store, acted.message);
  if (acted.branch && (acted.branch !== store.branch.peek() || acted.turn_id)) {
    await showBranch(store, acted.branch, acted.turn_id);
    const last = store.rows.peek().matched.peek() - 1;
    if (!acted.turn_id) focusOn(store, { position: Math.max(0, last) });
  }
  return acted;
}

/** Does an action for a button or a key: a refusal goes to the status line. */
export function act<K extends Action>(store: Store, name: K, args: Args<K>): Promise<boolean> {
  return told(store, perform(store, name, args));
}

/** Begins a long action; `ended` hears of its end. Throws what the kernel refused. */
export async function begin<K extends LongAction>(
  store: Store,
  name: K,
  args: Args<K>,
  ended: (end: Finished) => void = () => {},
): Promise<Job> {
  const from = store.branch.peek();
  const { branch } = args;
  const { job }: Started = await store.ask(name, args);
  announce(store, `${job.label}…`);
  store.ownJobs.set(job.id, (end) => {
    ended(end);
    const { id, label } = job;
    if (end.outcome === "failed")
      addFailure(store, { job: id, label, branch, message: end.message });
    else if (end.outcome === "done") forgetFailures(store, branch);
    offerComparison(store, branch, end);
    // Who went to another branch meanwhile is left there.
    if (end.branch && store.branch.peek() === from) void showBranch(store, end.branch, end.turn_id);
  });
  const early = store.earlyEnds.get(job.id);
  if (early) jobFinished(store, early);
  return job;
}

/** Like `begin`, for a button or a key. */
export function start<K extends LongAction>(
  store: Store,
  name: K,
  args: Args<K>,
): Promise<boolean> {
  return told(store, begin(store, name, args));
}

/** The kernel says that a long action ended; the view that began it may go to what it made. */
export function jobFinished(store: Store, end: Finished): void {
  const ended = store.ownJobs.get(end.job);
  if (!ended) {
    store.earlyEnds.set(end.job, end);
    for (const job of store.earlyEnds.keys())
      if (store.earlyEnds.size > 20) store.earlyEnds.delete(job);
    return;
  }
  store.ownJobs.delete(end.job);
  announce(store, end.message, end.outcome === "failed");
  ended(end);
}

async function told(store: Store, doing: Promise<unknown>): Promise<boolean> {
  try {
    await doing;
    return true;
  } catch (error) {
    announce(store, (error as Error).message, true);
    return false;
  }
}
