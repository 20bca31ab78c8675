/** The rows worth rendering in a scrolling element whose rows vary in height. */
import { useSignal, useSignalEffect } from "@preact/signals";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Rows } from "../store/rows";

const SPARE_PX = 300;
/** Browsers clamp an element's height a little above this; beyond it the scroll bar is scaled. */
const MAX_PX = 33_000_000;
export const HEAD_PX = 28;

export interface RowRange {
  readonly first: number;
  readonly last: number;
}

/** Maps the scroll bar to the rows' own pixels: one to one, unless there are too many of them. */
export function scrollScale(total: number, view: number): number {
  return total > MAX_PX ? (total - view) / (MAX_PX - view) : 1;
}

export function useWindow(rows: Rows) {
  const scroller = useRef<HTMLDivElement>(null);
  const range = useSignal<RowRange>({ first: 0, last: 20 });
  const drawn = useSignal(0);
  const { heights } = rows;
  const count = rows.matched.value;
  if (heights.count !== count) heights.resize(count);
  void drawn.value;

  const tools = useMemo(() => {
    const view = () => Math.max(0, (scroller.current?.clientHeight ?? 0) - HEAD_PX);
    const scale = () => scrollScale(heights.total, view());

    const look = () => {
      const element = scroller.current;
      if (!element) return;
      const top = element.scrollTop * scale();
      const first = heights.at(Math.max(0, top - SPARE_PX));
      const last = heights.at(top + Math.max(view(), 200) + SPARE_PX);
      const { value } = range;
      if (value.first !== first || value.last !== last) range.value = { first, last };
      else if (scale() > 1) drawn.value++;
    };

    // One observer for every row on the screen: heights are read after layout, before paint.
    const observer = new ResizeObserver((entries) => {
      const element = scroller.current;
      if (!element) return;
      const top = element.scrollTop * scale();
      let above = 0;
      let changed = false;
      for (const { target, borderBoxSize } of entries) {
        const index = Number((target as HTMLElement).dataset.at);
        const size = borderBoxSize[0]?.blockSize;
        if (!size || !target.isConnected) continue;
        const end = heights.before(index) + heights.size(index);
        const change = heights.set(index, size);
        if (change) changed = true;
        if (end <= top) above += change;
      }
      if (!changed) return;
      drawn.value++;
      if (above) element.scrollTop += above / scale(); // what is read stays where it is
      look();
    });

    const reveal = (index: number) => {
      const element = scroller.current;
      if (!element) return;
      const start = heights.before(index);
      const end = start + heights.size(index);
      const top = element.scrollTop * scale();
      if (start < top || heights.size(index) > view()) element.scrollTop = start / scale();
      else if (end > top + view()) element.scrollTop = (end - view()) / scale();
      look();
    };
    return { look, observer, reveal, scale };
  }, [rows, heights, range, drawn]);

  useLayoutEffect(() => {
    const { look, observer } = tools;
    const element = scroller.current;
    if (!element) return;
    const resized = new ResizeObserver(look);
    resized.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    look();
    return () => {
      resized.disconnect();
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [tools]);

  useLayoutEffect(tools.look, [count]);
  useSignalEffect(() => rows.want(range.value.first, range.value.last));

  const { last } = range.value;
  const first = Math.min(range.value.first, Math.max(0, count - 1));
  const total = heights.total;
  const factor = tools.scale();
  const scrolled = scroller.current?.scrollTop ?? 0;
  return {
    ...tools,
    scroller,
    first,
    last: Math.min(last, count - 1),
    start: heights.before(first) - (factor > 1 ? scrolled * factor - scrolled : 0),
    height: Math.min(total, MAX_PX),
  };
}
