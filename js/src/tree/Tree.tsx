/** The drawing with what moves it: buttons, keys, and the turn that the keys are at. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useMemo } from "preact/hooks";
import { focused } from "../focused";
import type { TreeView } from "../protocol";
import { useSignal } from "../rendering";
import { showBranch } from "../store/navigation";
import type { Store } from "../store/store";
import { Drawing } from "./Drawing";
import { type Hand, nextFound, pressedInTree, ZOOM } from "./keys";
import { layOut } from "./layout";
import { Legend } from "./TurnShape";
import { usePan } from "./use_pan";

interface Props {
  store: Store;
  view: TreeView;
  /** What stands before the buttons. */
  children: ComponentChildren;
}

/** Beside the drawing itself, for what the shapes reach beyond their places. */
const ROOM = { width: 40, height: 24 };

export function Tree({ store, view, children }: Props) {
  const { branches } = store.summary.value;
  const shown = store.branch.value;
  const cursor = useSignal("");
  const layout = useMemo(() => layOut(view, branches), [view, branches]);
  const size = { width: layout.width + ROOM.width, height: layout.height + ROOM.height };
  const { frame, pan } = usePan(size);

  // The keys begin where the table is.
  const row = store.rows.value.at(store.focus.value.position);
  useLayoutEffect(() => {
    if (row) cursor.value = row.turn_id;
  }, [row?.turn_id]);
  const at = layout.dots.find(({ turn }) => turn.turn_id === cursor.value);
  const point = at ?? layout.heads.find(({ branch }) => branch.key === shown);
  useLayoutEffect(() => {
    if (point) pan.reveal(point);
  }, [point?.x, point?.y, layout]);

  useLayoutEffect(() => {
    // Opened by its key and not by its button: the key's hand is on the table.
    if (focused(frame.current)?.closest(".turns")) frame.current?.focus({ preventScroll: true });
  }, []);

  const hand: Hand = {
    ...{ layout, pan, cursor },
    go(branch, turnId) {
      if (turnId) cursor.value = turnId;
      void showBranch(store, branch, turnId);
    },
  };
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keys bubble here from the box inside */}
      <div
        class="panel"
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
          nextFound(store, hand, event.shiftKey);
          event.preventDefault();
        }}
      >
        {children}
        <span class="push" />
        <button type="button" class="icon" aria-label="Zoom in" onClick={() => pan.zoom(ZOOM)}>
          +
        </button>
        <button type="button" class="icon" aria-label="Zoom out" onClick={() => pan.zoom(1 / ZOOM)}>
          −
        </button>
        <button type="button" onClick={() => pan.fit()}>
          Whole tree
        </button>
      </div>
      <Drawing
        frame={frame}
        layout={layout}
        view={view}
        shown={shown}
        at={at}
        place={pan.place}
        height={size.height}
        onGo={hand.go}
        onKey={(event) => {
          if (pressedInTree(store, hand, event)) event.preventDefault();
        }}
      />
      <Legend low={view.low} high={view.high} />
    </>
  );
}
