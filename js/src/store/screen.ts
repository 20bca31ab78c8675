/** What belongs to this one view of the conversation and the kernel need not know. */

import type { Filter } from "../protocol";
import { type Signal, signal } from "../signals";
import type { Draft } from "./drafts";
import type { Rows } from "./rows";

export type Panel = "filter" | "export" | "branch" | "help" | "log" | View;

/** Panels that come with the third script. */
export type View = "tree" | "compare" | "scores" | "nodes";

/** Where the keyboard is: a cell of a row, or the detail below it. */
export interface Focus {
  readonly position: number;
  readonly column: number;
  readonly inDetail: boolean;
}

export interface Announcement {
  readonly text: string;
  readonly isError: boolean;
}

export interface OfTheScreen {
  readonly branch: Signal<string>;
  readonly filter: Signal<Filter>;
  /** The rows on the screen; they stay until those of a new branch or filter have arrived. */
  readonly rows: Signal<Rows>;
  /** Ids of the turns shown in full. */
  readonly expanded: Signal<ReadonlySet<string>>;
  readonly focus: Signal<Focus>;
  /** Raised when the keyboard is to go to `focus`, not only the tab stop. */
  readonly refocus: Signal<number>;
  readonly drafts: Signal<ReadonlyMap<string, Draft>>;
  readonly panel: Signal<Panel | null>;
  readonly status: Signal<Announcement>;
  readonly metric: Signal<string>;
  /** Key of the branch chosen to compare with; empty: none yet. */
  readonly other: Signal<string>;
  /** Whether an export ends at the first turn that does not pass. */
  readonly strict: Signal<boolean>;
  readonly letterKeys: Signal<boolean>;
  /** Why the second script did not come, when it was asked for last. */
  readonly withoutMore: Signal<string>;
}

export function ofTheScreen(branch: string, rows: Rows, metric: string): OfTheScreen {
  return {
    branch: signal(branch),
    filter: signal({}),
    rows: signal(rows),
    expanded: signal(new Set<string>()),
    focus: signal({ position: 0, column: 0, inDetail: false }),
    refocus: signal(0),
    drafts: signal(new Map<string, Draft>()),
    panel: signal(null),
    status: signal({ text: "", isError: false }),
    metric: signal(metric),
    other: signal(""),
    strict: signal(false),
    letterKeys: signal(true),
    withoutMore: signal(""),
  };
}

export function announce(screen: OfTheScreen, text: string, isError = false): void {
  screen.status.value = { text, isError };
}

/** Moves the tab stop, and the keyboard with it. */
export function focusOn(screen: OfTheScreen, focus: Partial<Focus>): void {
  screen.focus.value = { ...screen.focus.peek(), inDetail: false, ...focus };
  screen.refocus.value++;
}

export function toggleExpanded(screen: OfTheScreen, turnId: string): void {
  const expanded = new Set(screen.expanded.peek());
  if (!expanded.delete(turnId)) expanded.add(turnId);
  screen.expanded.value = expanded;
}

export function togglePanel(screen: OfTheScreen, panel: Panel): void {
  screen.panel.value = screen.panel.peek() === panel ? null : panel;
}
