/** The nodes of a branch and the calls of one of them, fetched again when something changed. */
import { useEffect } from "preact/hooks";
import type { LedgerCall, NodesView } from "../protocol";
import { useSignal } from "../rendering";
import type { Store } from "../store/store";

const CALLS_AT_ONCE = 30;

export interface Found<T> {
  readonly value: T | null;
  readonly problem: string;
}

/** What `load` gives, again whenever one of `when` changes; the old value stays until then. */
function useFetched<T>(load: () => Promise<T>, when: readonly unknown[]): Found<T> {
  const value = useSignal<T | null>(null);
  const problem = useSignal("");
  useEffect(() => {
    let latest = true;
    load().then(
      (found) => {
        if (!latest) return;
        value.value = found;
        problem.value = "";
      },
      (error) => {
        if (latest) problem.value = (error as Error).message;
      },
    );
    return () => {
      latest = false;
    };
  }, when);
  return { value: value.value, problem: problem.value };
}

export function useNodes(store: Store, branch: string): Found<NodesView> {
  return useFetched(() => store.ask("nodes", { branch }), [branch, store.revision.value]);
}

export interface Ledger extends Found<{ node: string; first: number; calls: LedgerCall[] }> {
  readonly earlier: () => void;
}

/** The newest calls of a node that was called; `earlier` has some more of them fetched. */
export function useLedger(store: Store, branch: string, node: string): Ledger {
  const shown = useSignal(CALLS_AT_ONCE);
  useEffect(() => {
    shown.value = CALLS_AT_ONCE;
  }, [branch, node]);
  const load = async () => {
    const ask = (start: number, stop: number) => store.ask("ledger", { branch, node, start, stop });
    const { total } = await ask(0, 0);
    const first = Math.max(0, total - shown.peek());
    const calls: LedgerCall[] = [];
    while (first + calls.length < total) {
      const part = await ask(first + calls.length, total);
      if (!part.calls.length) break; // some went meanwhile
      calls.push(...part.calls);
    }
    return { node, first, calls };
  };
  const found = useFetched(load, [branch, node, store.revision.value, shown.value]);
  return {
    ...found,
    earlier: () => {
      shown.value += CALLS_AT_ONCE;
    },
  };
}
