/** Keys that move in the table; what the others do comes with the second script. */
import { more, withMore } from "./part";
import { type Focus, focusOn, toggleExpanded } from "./store/screen";
import type { Store } from "./store/store";

/** The cell of the row itself, before those of the fields. */
export const FIRST_FIELD = 1;

export interface Page {
  /** Rows that fit on the screen. */
  readonly rows: number;
  readonly search: () => void;
}

/** Does what the key means; false when it means nothing here. */
export function pressed(store: Store, event: KeyboardEvent, page: Page): boolean {
  const { key, altKey, shiftKey } = event;
  if (altKey) return false;
  const control = event.ctrlKey || event.metaKey;
  if (control ? leapt(store, key) : moved(store, key, page)) return true;
  if (control ? !/^z$/i.test(key) : !/^([a-z0-9[\]/?+-]|Enter|F2)$/.test(key)) return false;
  const stroke = { key, control, shift: shiftKey, at: store.focus.peek(), page };
  const here = more.peek();
  if (here) return here.acted(store, stroke);
  withMore(store, ({ acted }) => acted(store, stroke));
  return true;
}

/** A key that acts, and where the keyboard was when it was pressed. */
export interface Stroke {
  readonly key: string;
  readonly control: boolean;
  readonly shift: boolean;
  readonly at: Focus;
  readonly page: Page;
}

function leapt(store: Store, key: string): boolean {
  if (key === "Home") return go(store, { position: 0, column: 0 });
  if (key === "End") return go(store, { position: Infinity, column: Infinity });
  return false;
}

export function moved(store: Store, key: string, page: Page): boolean {
  const { position, column, inDetail } = store.focus.peek();
  const row = store.rows.peek().at(position);
  const open = !!row && store.expanded.peek().has(row.turn_id);
  switch (key) {
    case "ArrowDown":
      return go(store, open && !inDetail ? { inDetail: true } : { position: position + 1 });
    case "ArrowUp": {
      if (inDetail) return go(store, { position });
      const above = store.rows.peek().at(position - 1);
      const inAbove = !!above && store.expanded.peek().has(above.turn_id);
      return go(store, { position: position - 1, inDetail: inAbove });
    }
    case "ArrowRight":
      if (column > 0 || open || !row) return go(store, { column: column + 1 });
      toggleExpanded(store, row.turn_id);
      return true;
    case "ArrowLeft":
      if (inDetail) return go(store, { position });
      if (column > 0 || !open || !row) return go(store, { column: column - 1 });
      toggleExpanded(store, row.turn_id);
      return true;
    case "Home":
      return go(store, { column: 0 });
    case "End":
      return go(store, { column: Infinity });
    case "PageDown":
      return go(store, { position: position + page.rows });
    case "PageUp":
      return go(store, { position: position - page.rows });
  }
  if (!row || !(key === " " || (key === "Enter" && column === 0))) return false;
  toggleExpanded(store, row.turn_id);
  return true;
}

function go(store: Store, to: Partial<Focus>): boolean {
  const { position, column } = { ...store.focus.peek(), ...to };
  const lastRow = store.rows.peek().matched.peek() - 1;
  const lastColumn = FIRST_FIELD + store.columns.peek().length + 1;
  focusOn(store, {
    ...to,
    position: Math.max(0, Math.min(position, lastRow)),
    column: Math.max(0, Math.min(column, lastColumn)),
  });
  return true;
}
