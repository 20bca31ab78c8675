/** The table of turns: only the rows near the screen exist. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { focused } from "../focused";
import { FIRST_FIELD, pressed } from "../keys";
import { more } from "../part";
import { focusOn } from "../store/screen";
import type { Store } from "../store/store";
import { useWindow } from "../window/use_window";
import { focusSearch } from "./Header";
import { TurnRow } from "./TurnRow";

const ROW_PX = 40;

export function Turns({ store }: { store: Store }) {
  const rows = store.rows.value;
  const columns = store.columns.value;
  const focus = store.focus.value;
  const { window, scroller, first, last } = useWindow(rows);
  const matched = rows.matched.value;
  const part = more.value;
  const revealed = useRef(store.refocus.peek());
  const had = scroller.current?.contains(focused(scroller.current)) ?? false;

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const asked = store.refocus.peek() !== revealed.current;
    revealed.current = store.refocus.peek();
    if (asked) window.reveal(focus.position);
    // A row that went away must not drop the keyboard into the notebook's command mode.
    const lost = had && !element.contains(focused(element));
    const elsewhere = focused(element);
    const mayTake = had || (elsewhere && !elsewhere.closest(".keeps"));
    if (!lost && !(asked && mayTake)) return;
    const at = `[data-at="${focus.position}"] ${focus.inDetail ? ".detail" : `[data-column="${focus.column}"]`}`;
    const cell = element.querySelector<HTMLElement>(at);
    (cell ?? element).focus({ preventScroll: true });
    if (!cell && asked) revealed.current = -1;
  });
  void store.refocus.value;

  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
    const detail = target.closest(".detail");
    if (detail && detail !== target) {
      if (event.key !== "Escape") return;
      focusOn(store, { inDetail: true });
    } else {
      if (target.tagName === "BUTTON" && /^(Enter| )$/.test(event.key)) return;
      const page = {
        rows: Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_PX) - 1),
        search: () => focusSearch(scroller.current?.closest("section") ?? null),
      };
      if (!pressed(store, event, page)) return;
    }
    event.preventDefault();
  };

  const shown = Array.from({ length: Math.max(0, last - first + 1) }, (_, step) => first + step);
  const atFocus = focus.position >= first && focus.position <= last;
  return (
    <div
      class="turns"
      role="treegrid"
      aria-label="Turns"
      aria-rowcount={matched + 1}
      aria-colcount={columns.length + 3}
      tabIndex={atFocus ? -1 : 0}
      ref={scroller}
      onKeyDown={onKeyDown}
    >
      <Heads store={store} />
      <div class="space" role="presentation" style={{ height: `${window.length}px` }}>
        <div role="presentation" style={{ transform: `translateY(${window.startOf(first)}px)` }}>
          {shown.map((position) => (
            <TurnRow
              key={position}
              store={store}
              rows={rows}
              position={position}
              column={position === focus.position ? focus.column : -1}
              inDetail={position === focus.position && focus.inDetail}
              observer={window.observer}
            />
          ))}
        </div>
      </div>
      {part && <part.BelowRows {...{ store, rows, scroller }} />}
      {!matched && !store.running.value.length && (
        <p class="empty dim">
          {store.filtered.value
            ? "No turn matches."
            : "No turns yet: say something below, or call the session in a cell."}
        </p>
      )}
    </div>
  );
}

function Heads({ store }: { store: Store }) {
  const columns = store.columns.value;
  const side = (wanted: "inputs" | "outputs") => (
    <div class={wanted} role="presentation">
      {columns.map(
        ({ name, side, annotation }, index) =>
          side === wanted && (
            <span
              key={name}
              role="columnheader"
              aria-colindex={index + FIRST_FIELD + 1}
              title={annotation}
              dir="auto"
            >
              {name}
            </span>
          ),
      )}
    </div>
  );
  return (
    <div class="row heads" role="row" aria-rowindex={1}>
      <span class="turn" role="columnheader" aria-label="Turn" aria-colindex={1}>
        #
      </span>
      {side("inputs")}
      {side("outputs")}
      <span class="score" role="columnheader" aria-colindex={columns.length + 2}>
        score
      </span>
      <span class="label" role="columnheader" aria-colindex={columns.length + 3}>
        label
      </span>
    </div>
  );
}
