/** The keys, and a switch for those that are letters. */
import type { Store } from "../store/store";

const KEYS = [
  ["↑ ↓ ← →, Home, End, Page", "move"],
  ["Ctrl+Home, Ctrl+End", "first, last turn"],
  ["Enter, F2", "edit the cell"],
  ["Ctrl+Enter, Esc", "save, cancel"],
  ["Space", "expand or collapse"],
  ["Ctrl+Z, Ctrl+Shift+Z", "undo, redo"],
  ["j k", "next, previous turn"],
  ["e", "edit the output"],
  ["f", "fork here"],
  ["r", "re-run"],
  ["s", "score by hand, with a number"],
  ["1 2 3 4 5", "score by hand: 0, ¼, ½, ¾, 1"],
  ["+ − 0", "thumbs up, thumbs down, no score"],
  ["l", "label"],
  ["m", "scores: plots and threshold"],
  ["n", "nodes: ledgers and memories"],
  ["x", "exclude or include"],
  ["[ ]", "previous, next sibling"],
  ["t c", "tree of branches, compare two"],
  ["/", "search"],
  ["?", "this help"],
] as const;

const TREE_KEYS = [
  ["↑ ↓ ← →, Home, End", "move"],
  ["Enter", "show the turn in the table"],
  ["/, then n N", "find; next, previous found"],
  ["+ − 0", "zoom, whole tree"],
  ["F2 * Delete", "rename, star, prune the branch"],
  ["c", "compare with the branch at the cursor"],
] as const;

const COMPARE_KEYS = [
  ["↑ ↓, Home, End, Page", "move"],
  ["n p", "next, previous difference"],
  ["Enter", "show the turn in the table"],
] as const;

function Keys({ keys }: { keys: readonly (readonly [string, string])[] }) {
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
  return (
    <section class="panel" aria-label="Help">
      <Keys keys={KEYS} />
      <b>In the tree</b>
      <Keys keys={TREE_KEYS} />
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
