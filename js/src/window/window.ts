/** Which rows of a scrolling element are worth rendering, and where they go. */
import { type Signal, signal } from "../signals";
import type { Heights } from "./heights";

const SPARE_PX = 300;
const LEAST_PX = 200;
/** Browsers clamp an element's height a little above this; beyond it the scroll bar is scaled. */
const MAX_PX = 33_000_000;
/** Height of the sticky row of column heads, which covers the top of the view. */
export const HEAD_PX = 28;

/** After these the place on the screen is a person's choice. */
const CHOSEN_BY = ["wheel", "pointerdown", "touchmove", "click"] as const;

export interface RowRange {
  readonly first: number;
  readonly last: number;
}

/** Maps the scroll bar to the rows' own pixels: one to one, unless there are too many of them. */
export function scrollScale(total: number, view: number): number {
  return total > MAX_PX ? (total - view) / (MAX_PX - view) : 1;
}

export class RowWindow {
  readonly range: Signal<RowRange> = signal({ first: 0, last: 20 });
  /** Raised when rows must be placed anew though the same ones are shown. */
  readonly placed = signal(0);
  /** One observer for every row on the screen: heights are read after layout, before paint. */
  readonly observer = new ResizeObserver((entries) => this.measure(entries));
  private element: HTMLElement | null = null;
  /** The row that was revealed last, until someone scrolls: what arrives must not push it away. */
  private kept = -1;

  constructor(readonly heights: Heights) {}

  /** Begins to follow a scrolling element; returns how to end it. */
  attach(element: HTMLElement): () => void {
    this.element = element;
    const resized = new ResizeObserver(this.look);
    resized.observe(element);
    element.addEventListener("scroll", this.look, { passive: true });
    const release = () => {
      this.kept = -1;
    };
    for (const by of CHOSEN_BY) element.addEventListener(by, release, { passive: true });
    this.look();
    return () => {
      resized.disconnect();
      this.observer.disconnect();
      element.removeEventListener("scroll", this.look);
      for (const by of CHOSEN_BY) element.removeEventListener(by, release);
    };
  }

  /** Looks which rows are near the screen now. */
  readonly look = (): void => {
    const { top, heights } = this;
    const first = heights.at(Math.max(0, top - SPARE_PX));
    const last = heights.at(top + Math.max(this.view, LEAST_PX) + SPARE_PX);
    const { value } = this.range;
    if (value.first !== first || value.last !== last) this.range.value = { first, last };
    else if (this.scale > 1) this.placed.value++;
  };

  /** Scrolls as little as needed to show a row; one that does not fit begins at the top. */
  reveal(index: number): void {
    const { element, heights, top, view, scale } = this;
    if (!element) return;
    this.kept = index;
    const start = heights.before(index);
    const end = start + heights.size(index);
    if (start < top || heights.size(index) > view) element.scrollTop = start / scale;
    else if (end > top + view) element.scrollTop = (end - view) / scale;
    this.look();
  }

  /** The height of the element that makes the scroll bar. */
  get length(): number {
    return Math.min(this.heights.total, MAX_PX);
  }

  /** Where the first shown row goes, from the top of that element. */
  startOf(index: number): number {
    const scrolled = this.element?.scrollTop ?? 0;
    return this.heights.before(index) - (this.top - scrolled);
  }

  private get view(): number {
    return Math.max(0, (this.element?.clientHeight ?? 0) - HEAD_PX);
  }

  private get scale(): number {
    return scrollScale(this.heights.total, this.view);
  }

  /** The rows' pixels above the view. */
  private get top(): number {
    return (this.element?.scrollTop ?? 0) * this.scale;
  }

  private measure(entries: readonly ResizeObserverEntry[]): void {
    const { element, heights, top, scale } = this;
    let above = 0;
    let changed = false;
    for (const { target, borderBoxSize } of entries) {
      const size = borderBoxSize[0]?.blockSize;
      if (!size || !target.isConnected) continue;
      const index = Number((target as HTMLElement).dataset.at);
      const end = heights.before(index) + heights.size(index);
      const change = heights.set(index, size);
      changed ||= change !== 0;
      if (end <= top) above += change;
    }
    if (!changed || !element) return;
    this.placed.value++;
    if (above) element.scrollTop += above / scale; // what is read stays where it is
    if (this.kept >= 0) requestAnimationFrame(() => this.kept >= 0 && this.reveal(this.kept));
    this.look();
  }
}
