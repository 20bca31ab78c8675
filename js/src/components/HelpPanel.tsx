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
  ["s", "score"],
  ["x", "exclude or include"],
  ["[ ]", "previous, next sibling"],
  ["/", "search"],
  ["?", "this help"],
] as const;

export function HelpPanel({ store }: { store: Store }) {
  return (
    <section class="panel" aria-label="Help">
      <dl class="keys">
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>{keys}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
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
