/** Keys that act on the conversation or on the turn that has the keyboard. */

import { HAND_SCORES } from "./hand_scores";
import { FIRST_FIELD, moved, type Stroke } from "./keys";
import type { Row } from "./protocol";
import { act, start } from "./store/actions";
import type { Target } from "./store/drafts";
import { editField, openDraft } from "./store/editing";
import { showSibling } from "./store/navigation";
import { announce, type Panel, togglePanel } from "./store/screen";
import type { Store } from "./store/store";

/** Does what the key means; false when it means nothing here. */
export function acted(store: Store, stroke: Stroke): boolean {
  const { key, control, shift, at } = stroke;
  const { can_edit } = store.summary.peek();
  if (control) {
    if (!can_edit) return false;
    // The kernel knows whether there is something to undo, and says so; a summary may be late.
    void act(store, shift ? "redo" : "undo", {});
    return true;
  }
  const row = store.rows.peek().at(at.position);
  if (key === "Enter" || key === "F2") {
    if (row) editCell(store, row, at.column);
    return !!row;
  }
  return store.letterKeys.peek() && lettered(store, stroke, row);
}

function lettered(store: Store, { key, at, page }: Stroke, row: Row | undefined): boolean {
  if (key === "j") return moved(store, "ArrowDown", page);
  if (key === "k") return moved(store, "ArrowUp", page);
  if (key === "/") {
    page.search();
    return true;
  }
  const panel = PANELS[key];
  if (panel) {
    togglePanel(store, panel);
    return true;
  }
  if (!store.summary.peek().can_edit && !/^[[\]]$/.test(key)) return false;
  const given = row && HAND_SCORES[key];
  const letter = row && LETTERS[key];
  if (given !== undefined && row) scoreByHand(store, row, given);
  else if (letter) letter(store, row, at.column);
  else return false;
  return true;
}

const PANELS: Record<string, Panel> = {
  ...{ "?": "help", t: "tree", c: "compare", m: "scores", n: "nodes" },
};

const LETTERS: Record<string, (store: Store, row: Row, column: number) => void> = {
  e: editCell,
  f: (store, row) => void act(store, "fork", { branch: shown(store), turn_id: row.turn_id }),
  r: (store, row) => void start(store, "rerun", { branch: shown(store), turn_id: row.turn_id }),
  s: (store, row) => editTarget(store, row, { kind: "score" }),
  l: (store, row) => editTarget(store, row, { kind: "label" }),
  x: exclude,
  "[": (store, row) => showSibling(store, row, -1),
  "]": (store, row) => showSibling(store, row, 1),
};

/** A score by hand in one key; null takes it away. */
function scoreByHand(store: Store, row: Row, value: number | null): void {
  const { turn_id, version } = row;
  void act(store, "score", { branch: shown(store), turn_id, version, value });
}

export function exclude(store: Store, row: Row): void {
  const { turn_id, version } = row;
  void act(store, "annotate", { branch: shown(store), turn_id, version, excluded: !row.excluded });
}

/** Opens a cell of a row; where a cell has nothing to edit, the last output. */
function editCell(store: Store, row: Row, column: number): void {
  const columns = store.columns.peek();
  const aside = column - FIRST_FIELD - columns.length;
  const field = columns[column - FIRST_FIELD] ?? columns.at(-1);
  if (aside >= 0) editTarget(store, row, { kind: aside ? "label" : "score" });
  else if (field) editTarget(store, row, { kind: field.side, field: field.name });
}

/** Opens a part of a turn for editing, in its row. */
export function editTarget(store: Store, row: Row, target: Target): void {
  if (!store.summary.peek().can_edit) {
    announce(store, "This is a saved conversation, for reading.");
    return;
  }
  const turn = { ...row, branch: shown(store) };
  if ("field" in target) void editField(store, turn, target, "row");
  else openDraft(store, turn, target, `${row[target.kind] ?? ""}`, "row");
}

function shown(store: Store): string {
  return store.rows.peek().branch;
}
