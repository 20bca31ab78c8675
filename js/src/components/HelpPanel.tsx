/** The keys, and a switch for those that are letters. */
import type { Store } from "../store/store";

type Entry = readonly [string, string];

const KEYS: readonly Entry[] = [
  ["↑ ↓ ← →, Home, End, Page", "move"],
  ["Ctrl+Home, Ctrl+End", "first, last turn"],
  ["Space", "expand or collapse"],
  ["j k", "next, previous turn"],
  ["m", "scores: plots and threshold"],
  ["n", "nodes: ledgers and memories"],
  ["[ ]", "previous, next sibling"],
  ["t c", "tree of branches, compare two"],
  ["/", "search"],
  ["?", "this help"],
];

const ACTING_KEYS: readonly Entry[] = [
  ["Enter, F2", "edit the cell"],
  ["Ctrl+Enter, Esc", "save, cancel"],
  ["Ctrl+Z, Ctrl+Shift+Z", "undo, redo"],
  ["e", "edit the output"],
  ["f", "fork here"],
  ["r", "re-run"],
  ["s", "score by hand, with a number"],
  ["1 2 3 4 5", "score by hand: 0, ¼, ½, ¾, 1"],
  ["+ − 0", "thumbs up, thumbs down, no score"],
  ["l", "label"],
  ["x", "exclude or include"],
];

const TREE_KEYS: readonly Entry[] = [
  ["↑ ↓ ← →, Home, End", "move"],
  ["Enter", "show the turn in the table"],
  ["/, then n N", "find; next, previous found"],
  ["+ − 0", "zoom, whole tree"],
  ["c", "compare with the branch at the cursor"],
];

const ACTING_TREE_KEYS: readonly Entry[] = [["F2 * Delete", "rename, star, prune the branch"]];

const COMPARE_KEYS: readonly Entry[] = [
  ["↑ ↓, Home, End, Page", "move"],
  ["n p", "next, previous difference"],
  ["Enter", "show the turn in the table"],
];

function Keys({ keys }: { keys: readonly Entry[] }) {
  return (
    <dl class="keys">
      {keys.map(([keys, what]) => (
        <div key={keys}>
          <dt>{keys}</dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  );
}

export function HelpPanel({ store }: { store: Store }) {
  const { can_edit } = store.summary.value;
  return (
    <section class="panel" aria-label="Help">
      <Keys keys={KEYS} />
      {can_edit && <Keys keys={ACTING_KEYS} />}
      <b>In the tree</b>
      <Keys keys={TREE_KEYS} />
      {can_edit && <Keys keys={ACTING_TREE_KEYS} />}
      <b>In the comparison</b>
      <Keys keys={COMPARE_KEYS} />
      <label>
        <input
          type="checkbox"
          checked={store.letterKeys.value}
          onChange={(event) => {
            store.letterKeys.value = event.currentTarget.checked;
          }}
        />
        Letter keys act on the focused turn
      </label>
    </section>
  );
}
