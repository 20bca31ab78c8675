/** Two branches beside each other, aligned by depth, in the place of the table. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { count } from "../components/format";
import { Pick } from "../components/Pick";
import { focused } from "../focused";
import { useSignal } from "../rendering";
import { showBranch } from "../store/navigation";
import { offerOf } from "../store/offers";
import { announce } from "../store/screen";
import type { Store } from "../store/store";
import { Change } from "./Change";
import { Pairs } from "./Pairs";
import { ROWS_AT_ONCE, useComparison } from "./use_comparison";

/** The branch to compare with: the one chosen, else the one it was forked from, else any. */
export function otherBranch(store: Store): string {
  const { branches } = store.summary.value;
  const [shown, chosen, view] = [store.branch.value, store.other.value, store.view.value];
  const there = (key: string | null | undefined) =>
    branches.some((branch) => branch.key === key) && key !== shown ? key : undefined;
  const any = branches.find(({ key }) => key !== shown)?.key;
  return there(chosen) ?? there(view?.parent) ?? any ?? "";
}

export function ComparePanel({ store }: { store: Store }) {
  const other = otherBranch(store);
  const panel = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    // The table goes out of sight; who came from there must not lose the keyboard.
    if (focused(panel.current)?.closest(".turns, .composer, .offer"))
      panel.current?.querySelector<HTMLElement>("select, [tabindex='0']")?.focus();
    offerOf(store).value = null; // it was taken up, or is out of date
  }, [store.branch.value, other]);
  if (!other)
    return (
      <p class="panel dim">
        There is only one branch.
        {store.summary.value.can_edit &&
          " Fork at a turn, or run one again, to have two to compare."}
      </p>
    );
  return (
    <section ref={panel} class="compare keeps" aria-label="Compare">
      <Comparison store={store} other={other} />
    </section>
  );
}

function Comparison({ store, other }: { store: Store; other: string }) {
  const { branches } = store.summary.value;
  const branch = store.branch.value;
  const compared = useComparison(store, branch, other);
  const { view, rows, first, problem, want } = compared;
  const current = useSignal(-1);
  const refocus = useSignal(0);
  const unfolded = useSignal(false);
  useEffect(() => {
    current.value = -1;
    unfolded.value = false;
  }, [branch, other]);

  const goTo = (row: number) => {
    if (row < first || row >= first + rows.length)
      want(Math.max(0, row - 5), row - 5 + ROWS_AT_ONCE);
    if (view && row < view.shared) unfolded.value = true;
    current.value = row;
    refocus.value++;
  };
  const step = async (backwards: boolean) => {
    const from = current.peek() < 0 && backwards ? Number.MAX_SAFE_INTEGER : current.peek();
    try {
      const { row } = await store.ask("next_difference", { branch, other, row: from, backwards });
      if (row !== null) goTo(row);
      else announce(store, `There is no ${backwards ? "earlier" : "later"} difference.`);
    } catch (error) {
      announce(store, (error as Error).message, true);
    }
  };
  const steps = useRef(Promise.resolve());
  const next = (backwards: boolean) => {
    // Each press goes on from where the one before it led.
    steps.current = steps.current.then(() => step(backwards));
  };
  const show = (row: number) => {
    const pair = rows[row - first];
    if (!pair) return;
    store.panel.value = null;
    if (pair.left) void showBranch(store, branch, pair.left);
    else if (pair.right) void showBranch(store, other, pair.right);
  };
  const button = (name: string, sign: string, backwards: boolean) => (
    <button
      type="button"
      aria-label={name}
      title={`${name} (${backwards ? "p" : "n"})`}
      onClick={() => next(backwards)}
    >
      {sign} {name.split(" ", 1)}
    </button>
  );
  return (
    <>
      <div class="panel">
        <Pick
          label="Compare with"
          value={other}
          options={branches
            .filter(({ key }) => key !== branch)
            .map(({ key, name, starred }) => [key, `${starred ? "★ " : ""}${name}`])}
          onPick={(key) => {
            store.other.value = key;
          }}
        />
        <button
          type="button"
          title="Show the other branch, and compare with this one"
          onClick={() => {
            store.other.value = branch;
            void showBranch(store, other);
          }}
        >
          ⇄ Swap
        </button>
        {button("Previous difference", "↑", true)}
        {button("Next difference", "↓", false)}
        {view && (
          <span class="dim">
            {count(view.total, "turn")}, {view.shared} shared
            {view.differing !== null && `, ${view.differing} differ`}
          </span>
        )}
        {Object.entries(view?.means ?? {}).map(([name, mean]) => (
          <Change key={name} name={`mean ${name}`} change={mean} better="more" />
        ))}
      </div>
      {problem && <p class="error">⚠ {problem}</p>}
      {view && (
        <Pairs
          {...{ view, rows, first, current, refocus, unfolded, want }}
          onNext={next}
          onShow={show}
        />
      )}
    </>
  );
}
