/** The rows of a comparison; arrow keys move between them, `n` and `p` between differences. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { count } from "../components/format";
import { focused } from "../focused";
import type { ComparisonView, TurnPair } from "../protocol";
import type { Signal } from "../signals";
import { Pair } from "./Pair";
import { ROWS_AT_ONCE } from "./use_comparison";

interface Props {
  view: ComparisonView;
  rows: readonly TurnPair[];
  /** The number of the first of `rows`. */
  first: number;
  /** The row that has the keyboard or had it last; -1: none yet. */
  current: Signal<number>;
  /** Raised when the keyboard is to go to `current`. */
  refocus: Signal<number>;
  /** Whether shared rows are shown. */
  unfolded: Signal<boolean>;
  want: (first: number, last: number) => void;
  onNext: (backwards: boolean) => void;
  onShow: (row: number) => void;
}

export function Pairs(props: Props) {
  const { view, rows, first, current, refocus, unfolded, want, onNext, onShow } = props;
  const grid = useRef<HTMLDivElement>(null);
  const isFolded = (pair: TurnPair, row: number) =>
    !unfolded.value && row < view.shared && !pair.differs;
  const shown = rows
    .map((pair, at) => ({ pair, row: first + at }))
    .filter(({ pair, row }) => !isFolded(pair, row));
  const folded = first + rows.length - shown.length;
  const stopFor = (at: number) =>
    shown.some(({ row }) => row === at) ? at : (shown[0]?.row ?? -1);
  const at = current.value;
  const stop = stopFor(at);

  const raised = refocus.value;
  const done = useRef(raised);
  const had = grid.current?.contains(focused(grid.current)) ?? false;
  useLayoutEffect(() => {
    const asked = done.current !== raised;
    const target = grid.current?.querySelector<HTMLElement>(`[data-row="${stop}"]`);
    const lost = had && !grid.current?.contains(focused(grid.current));
    if (asked && !shown.some(({ row }) => row === at)) return; // its rows are on their way
    done.current = raised;
    if (asked || lost) {
      (target ?? grid.current)?.focus({ preventScroll: true });
      target?.scrollIntoView({ block: "nearest" });
    }
  });

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const now = stopFor(current.peek()); // a key may come before the row that it means is drawn
    const here = shown.findIndex(({ row }) => row === now);
    const step = STEPS[event.key];
    if (event.key === "n" || event.key === "p") onNext(event.key === "p");
    else if (event.key === "Enter" && !(event.target instanceof HTMLButtonElement)) onShow(now);
    else if (step) {
      const to = shown[Math.max(0, Math.min(shown.length - 1, here + step))];
      if (to) {
        current.value = to.row;
        refocus.value++;
      }
    } else return;
    event.preventDefault();
  };
  const left = view.total - first - rows.length;
  return (
    <div
      ref={grid}
      class="pairs"
      role="grid"
      aria-label={`${view.left} and ${view.right}`}
      aria-rowcount={view.total + 1}
      tabIndex={shown.length ? -1 : 0}
      onKeyDown={onKeyDown}
    >
      <div class="pair-row heads" role="row" aria-rowindex={1}>
        <span class="depth" role="columnheader">
          #
        </span>
        <span class="left" role="columnheader" dir="auto">
          {view.left}
          <span class="unified"> → {view.right}</span>
        </span>
        <span class="right" role="columnheader" dir="auto">
          {view.right}
        </span>
        <span class="numbers" role="columnheader">
          {view.left} → {view.right}
        </span>
      </div>
      {(folded > 0 || unfolded.value) && view.shared > 0 && (
        <Fold
          text={folded > 0 ? `= ${count(folded, "shared turn")}` : "Fold shared turns"}
          open={folded === 0}
          onClick={() => {
            if (folded > 0 && first > 0)
              want(Math.max(0, first - ROWS_AT_ONCE), first + rows.length);
            unfolded.value = folded > 0;
          }}
        />
      )}
      {shown.map(({ pair, row }) => (
        <Pair
          key={row}
          pair={pair}
          row={row}
          hasStop={row === stop}
          onFocus={() => {
            current.value = row;
          }}
          onShow={() => onShow(row)}
        />
      ))}
      {left > 0 && (
        <Fold
          text={`Show ${count(Math.min(left, ROWS_AT_ONCE), "more turn")}`}
          onClick={() => want(first, first + rows.length + ROWS_AT_ONCE)}
        />
      )}
      {!shown.length && !left && (
        <p class="empty dim">
          {view.total ? "The branches are the same." : "Both branches are empty."}
        </p>
      )}
    </div>
  );
}

const STEPS: Record<string, number> = {
  ...{ ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 5, PageUp: -5 },
  ...{ Home: -Infinity, End: Infinity },
};

function Fold({ text, open, onClick }: { text: string; open?: boolean; onClick: () => void }) {
  return (
    <div class="fold" role="row">
      <div role="gridcell">
        <button type="button" class="link" aria-expanded={open} onClick={onClick}>
          {text}
        </button>
      </div>
    </div>
  );
}
