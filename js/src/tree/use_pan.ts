/** Ties a pan to the element that frames the drawing: its size, the wheel, and dragging. */
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { Pan, type Size } from "./pan";

/** A press that moves farther than this is a drag and not a click. */
const DRAG_PX = 4;

export function usePan(drawing: Size) {
  const frame = useRef<HTMLDivElement>(null);
  const pan = useMemo(() => new Pan(drawing), []);
  useLayoutEffect(() => pan.resize(drawing), [drawing.width, drawing.height]);
  useLayoutEffect(() => (frame.current ? attach(frame.current, pan) : undefined), []);
  return { frame, pan };
}

function attach(element: HTMLDivElement, pan: Pan): () => void {
  const measure = () => {
    pan.frame = { width: element.clientWidth || 600, height: element.clientHeight || 200 };
  };
  measure();
  const resized = new ResizeObserver(measure);
  resized.observe(element);

  const wheel = (event: WheelEvent) => {
    if (event.ctrlKey || event.metaKey) {
      const box = element.getBoundingClientRect();
      const around = { x: event.clientX - box.left, y: event.clientY - box.top };
      pan.zoom(Math.exp(-event.deltaY / 300), around);
    } else if (!pan.by(-event.deltaX, -event.deltaY)) return; // at its end the notebook scrolls
    event.preventDefault();
  };
  let from: { x: number; y: number } | undefined;
  let dragged = false;
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    from = { x: event.clientX, y: event.clientY };
    dragged = false;
  };
  const move = (event: PointerEvent) => {
    if (!from) return;
    const [x, y] = [event.clientX - from.x, event.clientY - from.y];
    if (!dragged && Math.hypot(x, y) < DRAG_PX) return;
    if (!dragged) element.setPointerCapture?.(event.pointerId);
    dragged = true;
    from = { x: event.clientX, y: event.clientY };
    pan.by(x, y);
  };
  const up = () => {
    from = undefined;
  };
  const click = (event: Event) => {
    if (dragged) event.stopPropagation();
    dragged = false;
  };
  const ended = new AbortController();
  const { signal } = ended;
  element.addEventListener("wheel", wheel, { passive: false, signal });
  element.addEventListener("pointerdown", down, { signal });
  element.addEventListener("pointermove", move, { signal });
  element.addEventListener("pointerup", up, { signal });
  element.addEventListener("pointercancel", up, { signal });
  element.addEventListener("click", click, { capture: true, signal });
  return () => {
    resized.disconnect();
    ended.abort();
  };
}
