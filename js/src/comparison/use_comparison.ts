/** The rows of two branches, fetched as far as they are wanted. */
import { useEffect } from "preact/hooks";
import type { ComparisonView, TurnPair } from "../protocol";
import { useSignal } from "../rendering";
import type { Store } from "../store/store";

export const ROWS_AT_ONCE = 40;

export interface Compared {
  readonly view: ComparisonView | null;
  /** Consecutive rows from `first` on. */
  readonly rows: readonly TurnPair[];
  readonly first: number;
  readonly problem: string;
  /** Has these rows fetched; what is here stays until they are. */
  readonly want: (first: number, last: number) => void;
}

export function useComparison(store: Store, branch: string, other: string): Compared {
  const view = useSignal<ComparisonView | null>(null);
  const rows = useSignal<readonly TurnPair[]>([]);
  const problem = useSignal("");
  const wanted = useSignal<readonly [number, number]>([0, ROWS_AT_ONCE]);
  const [first, last] = wanted.value;
  const revision = store.revision.value;

  useEffect(() => {
    wanted.value = [0, ROWS_AT_ONCE];
  }, [branch, other]);
  useEffect(() => {
    let latest = true;
    const fetch = async () => {
      const found: TurnPair[] = [];
      let newest: ComparisonView;
      do {
        const start = first + found.length;
        newest = await store.ask("compare", { branch, other, start, stop: last });
        found.push(...newest.turns);
      } while (newest.turns.length && first + found.length < Math.min(last, newest.total));
      if (!latest) return;
      if (newest.shared >= last && first === 0 && last === ROWS_AT_ONCE) {
        // All of it is shared: begin where the branches part.
        wanted.value = [newest.shared, newest.shared + ROWS_AT_ONCE];
        return;
      }
      view.value = newest;
      rows.value = found;
      problem.value = "";
    };
    fetch().catch((error) => {
      if (latest) problem.value = (error as Error).message;
    });
    return () => {
      latest = false;
    };
  }, [branch, other, revision, first, last]);

  return {
    ...{ view: view.value, rows: rows.value, first: view.value ? first : 0 },
    problem: problem.value,
    want: (from, to) => {
      wanted.value = [from, to];
    },
  };
}
