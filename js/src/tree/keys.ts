/** What keys do while the tree has the keyboard. */

import type { Signal } from "../signals";
import { act } from "../store/actions";
import { announce, togglePanel } from "../store/screen";
import type { Store } from "../store/store";
import { nameOf } from "./Drawing";
import type { Dot, Layout } from "./layout";
import { leadingTo, moveTo } from "./moves";
import type { Pan } from "./pan";

export const ZOOM = 1.3;

/** What the keys move. */
export interface Hand {
  readonly layout: Layout;
  readonly pan: Pan;
  /** Id of the turn that the keys are at. */
  readonly cursor: Signal<string>;
  readonly go: (branch: string, turnId?: string) => void;
}

/** Does what the key means; false when it means nothing here. */
export function pressedInTree(store: Store, hand: Hand, event: KeyboardEvent): boolean {
  const { key, altKey, shiftKey } = event;
  if (altKey || (ACTING.test(key) && !store.summary.peek().can_edit)) return false;
  if (event.ctrlKey || event.metaKey) {
    if (!/^z$/i.test(key) || !store.summary.peek().can_edit) return false;
    void act(store, shiftKey ? "redo" : "undo", {});
    return true;
  }
  const meant = KEYS[key];
  if (meant) meant(store, hand, event);
  else if (!/^(Arrow|Home$|End$)/.test(key)) return false;
  else move(store, hand, key);
  return true;
}

/** Keys that change the branch. */
const ACTING = /^(F2|\*|Delete)$/;

const panelOf = ({ currentTarget }: Event) => (currentTarget as Element).closest("section");
const focus = (event: KeyboardEvent, what: string) =>
  panelOf(event)?.querySelector<HTMLElement>(what)?.focus();

const KEYS: Record<string, (store: Store, hand: Hand, event: KeyboardEvent) => void> = {
  Enter: goThere,
  " ": goThere,
  "+": (_, { pan }) => pan.zoom(ZOOM),
  "=": (_, { pan }) => pan.zoom(ZOOM),
  "-": (_, { pan }) => pan.zoom(1 / ZOOM),
  "0": (_, { pan }) => pan.fit(),
  n: (store, hand) => nextFound(store, hand, false),
  N: (store, hand) => nextFound(store, hand, true),
  "/": (_, __, event) => focus(event, "input[type=search]"),
  F2: (_, __, event) => focus(event, "form input"),
  "*": (store) => {
    const view = store.view.peek();
    if (view) void act(store, "star", { branch: view.key, starred: !view.starred });
  },
  Delete: (store) => void act(store, "prune", { branch: store.branch.peek() }),
  t: (store) => togglePanel(store, "tree"),
  c: (store, hand) => {
    store.other.value = cursorOf(hand)?.branch ?? "";
    togglePanel(store, "compare");
  },
};

function goThere(store: Store, hand: Hand): void {
  const dot = cursorOf(hand);
  if (dot) hand.go(leadingTo(hand.layout, dot, store.branch.peek()), dot.turn.turn_id);
}

function cursorOf({ layout, cursor }: Hand): Dot | undefined {
  return layout.dots.find(({ turn }) => turn.turn_id === cursor.peek());
}

function move(store: Store, hand: Hand, key: string): void {
  const { layout, cursor } = hand;
  const from = cursorOf(hand);
  const to = from ? moveTo(layout, from, key, store.branch.peek()) : layout.dots[0];
  if (!to) return;
  cursor.value = to.turn.turn_id;
  announce(store, nameOf(to));
}

/** Goes to the next turn that was found, or the one before, round and round. */
export function nextFound(store: Store, hand: Hand, back: boolean): void {
  const hits = hand.layout.dots.filter(({ turn }) => turn.found);
  const here = hits.findIndex(({ turn }) => turn.turn_id === hand.cursor.peek());
  const next = hits.at(back ? Math.max(here, 0) - 1 : (here + 1) % Math.max(1, hits.length));
  if (!next) {
    announce(store, "Nothing is found in the tree.");
    return;
  }
  hand.go(leadingTo(hand.layout, next, store.branch.peek()), next.turn.turn_id);
}
