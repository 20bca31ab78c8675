/** Ties a window of rows to a component and its scrolling element. */

import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { effect } from "../signals";
import type { Rows } from "../store/rows";
import { RowWindow } from "./window";

export function useWindow(rows: Rows) {
  const scroller = useRef<HTMLDivElement>(null);
  const count = rows.matched.value;
  if (rows.heights.count !== count) rows.heights.resize(count);
  const window = useMemo(() => new RowWindow(rows.heights), [rows]);

  useLayoutEffect(() => (scroller.current ? window.attach(scroller.current) : undefined), [window]);
  useLayoutEffect(window.look, [window, count]);
  useLayoutEffect(() => {
    return effect(() => {
      void rows.revision.value;
      rows.want(window.range.value.first, window.range.value.last);
    });
  }, [rows, window]);

  void window.placed.value;
  const { range } = window;
  const first = Math.min(range.value.first, Math.max(0, count - 1));
  return { window, scroller, first, last: Math.min(range.value.last, count - 1) };
}
