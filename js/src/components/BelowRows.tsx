/** What stands below the rows of turns: calls that run, and calls that failed. */
import type { Rows } from "../store/rows";
import type { Store } from "../store/store";
import { usePresses } from "../window/use_presses";
import { FailedRows } from "./FailedRows";
import { RunningRows } from "./RunningRows";

interface Props {
  store: Store;
  rows: Rows;
  scroller: { readonly current: HTMLElement | null };
}

export function BelowRows({ store, rows, scroller }: Props) {
  usePresses(scroller);
  return (
    <>
      <RunningRows store={store} rows={rows} />
      <FailedRows store={store} rows={rows} />
    </>
  );
}
