/** What the keys do while the keyboard is in the table. */

import { withMore } from "./part";
import type { Row } from "./protocol";
import { act, start } from "./store/actions";
import type { Target } from "./store/drafts";
import { showSibling } from "./store/navigation";
import { type Focus, focusOn, toggleExpanded, togglePanel } from "./store/screen";
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
  const { key, altKey } = event;
  if (altKey) return false;
  if (event.ctrlKey || event.metaKey) return withControl(store, key, event.shiftKey);
  return moved(store, key, page) || acted(store, key) || lettered(store, key, page);
}

function withControl(store: Store, key: string, shift: boolean): boolean {
  if (key.toLowerCase() === "z") {
    const action = shift ? "redo" : "undo";
    if (store.summary.peek()[action]) void act(store, action, {});
    return true;
  }
  if (key === "Home") return go(store, { position: 0, column: 0 });
  if (key === "End") return go(store, { position: Infinity, column: Infinity });
  return false;
}

function moved(store: Store, key: string, page: Page): boolean {
  const { position, column, inDetail } = store.focus.peek();
  const row = rowAt(store);
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
  return false;
}

/** Keys that are no letters but act on the focused turn. */
function acted(store: Store, key: string): boolean {
  const row = rowAt(store);
  if (!row) return false;
  if (key === " " || (key === "Enter" && store.focus.peek().column === 0)) {
    toggleExpanded(store, row.turn_id);
    return true;
  }
  if (key !== "Enter" && key !== "F2") return false;
  editCell(store, row);
  return true;
}

function lettered(store: Store, key: string, page: Page): boolean {
  if (!store.letterKeys.peek()) return false;
  if (key === "j") return moved(store, "ArrowDown", page);
  if (key === "k") return moved(store, "ArrowUp", page);
  if (key === "/") {
    page.search();
    return true;
  }
  if (key === "?") {
    togglePanel(store, "help");
    return true;
  }
  const row = rowAt(store);
  const letter = row && LETTERS[key];
  if (!letter) return false;
  letter(store, row);
  return true;
}

const LETTERS: Record<string, (store: Store, row: Row) => void> = {
  e: editCell,
  f: (store, row) => void act(store, "fork", { branch: shown(store), turn_id: row.turn_id }),
  r: (store, row) => void start(store, "rerun", { branch: shown(store), turn_id: row.turn_id }),
  s: (store, row) => editTarget(store, row, { kind: "score" }),
  x: exclude,
  "[": (store, row) => showSibling(store, row, -1),
  "]": (store, row) => showSibling(store, row, 1),
};

export function exclude(store: Store, row: Row): void {
  const { turn_id, version } = row;
  void act(store, "annotate", { branch: shown(store), turn_id, version, excluded: !row.excluded });
}

/** Opens the focused cell; where a cell has nothing to edit, the last output. */
export function editCell(store: Store, row: Row): void {
  const columns = store.columns.peek();
  const { column } = store.focus.peek();
  const aside = column - FIRST_FIELD - columns.length;
  const field = columns[column - FIRST_FIELD] ?? columns.at(-1);
  if (aside >= 0) editTarget(store, row, { kind: aside ? "label" : "score" });
  else if (field) editTarget(store, row, { kind: field.side, field: field.name });
}

/** Opens a part of a turn for editing. */
export function editTarget(store: Store, row: Row, target: Target): void {
  const turn = { ...row, branch: shown(store) };
  withMore(store, (more) => {
    if ("field" in target) void more.editField(store, turn, target.field, target.kind, "row");
    else more.openDraft(store, turn, target, `${row[target.kind] ?? ""}`, "row");
  });
}

export function shown(store: Store): string {
  return store.rows.peek().branch;
}

function rowAt(store: Store): Row | undefined {
  return store.rows.peek().at(store.focus.peek().position);
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
