/** One turn: what went in, what came out, its score; and, expanded, everything about it. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { FIRST_FIELD } from "../keys";
import { more, withMore } from "../part";
import type { Row } from "../protocol";
import type { Target } from "../store/drafts";
import type { Rows } from "../store/rows";
import type { Column, Store } from "../store/store";
import { Awaited } from "./Awaited";
import { DraftOr } from "./DraftOr";
import { FieldPreview } from "./FieldPreview";
import { ScoreValue } from "./ScoreValue";
import { Siblings } from "./Siblings";
import { TurnMark } from "./TurnMark";

interface Props {
  store: Store;
  rows: Rows;
  position: number;
  /** The column that has the tab stop, or -1. */
  column: number;
  inDetail: boolean;
  observer: ResizeObserver;
}

export function TurnRow({ store, rows, position, column, inDetail, observer }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const row = rows.at(position);
  const here = !!row;
  useLayoutEffect(() => {
    // A row that has not arrived keeps the place it was given: its own height says nothing yet.
    const measured = element.current;
    if (!measured || !here) return;
    observer.observe(measured);
    return () => observer.unobserve(measured);
  }, [observer, here]);

  const expanded = !!row && store.expanded.value.has(row.turn_id);
  const Detail = more.value?.TurnDetail;
  const isLast = position === rows.matched.value - 1;
  return (
    <div
      ref={element}
      data-at={position}
      role="presentation"
      class={`item${expanded ? " open" : ""}${isLast ? " last" : ""}`}
      style={row ? undefined : { height: `${rows.heights.size(position)}px` }}
    >
      <div
        class={row?.excluded ? "row excluded" : "row"}
        role="row"
        aria-level={1}
        aria-rowindex={position + 2}
        aria-posinset={position + 1}
        aria-setsize={rows.matched.value}
        aria-expanded={expanded}
        aria-busy={!row}
      >
        <Cells
          store={store}
          rows={rows}
          row={row}
          expanded={expanded}
          stop={inDetail ? -1 : column}
          position={position}
        />
      </div>
      {row && expanded && !Detail && (
        <div role="row" aria-level={2}>
          <div role="gridcell">
            <Awaited store={store} />
          </div>
        </div>
      )}
      {row && expanded && Detail && (
        <Detail
          key={row.turn_id}
          store={store}
          branch={rows.branch}
          row={row}
          position={position}
          hasStop={inDetail}
        />
      )}
    </div>
  );
}

interface CellsProps {
  store: Store;
  rows: Rows;
  row: Row | undefined;
  expanded: boolean;
  position: number;
  stop: number;
}

function Cells({ store, rows, row, expanded, position, stop }: CellsProps) {
  const columns = store.columns.value;
  const turn = row && { ...row, branch: rows.branch };
  const edit = (target: Target) =>
    row && (() => withMore(store, ({ editTarget }) => editTarget(store, row, target)));
  const cell = (column: number, style: string, target?: Target) => ({
    role: "gridcell" as const,
    class: style,
    "aria-colindex": column + 1,
    "data-column": column,
    tabIndex: column === stop ? 0 : -1,
    // Also from the buttons and editors inside: what is pressed next is meant for this turn.
    onFocusIn: () => {
      const { position: at, column: was, inDetail } = store.focus.peek();
      if (at !== position || was !== column || inDetail) {
        store.focus.value = { position, column, inDetail: false };
      }
    },
    onDblClick: target && edit(target),
  });
  const field = ({ name, side }: Column, column: number) => {
    const preview = row?.[side].find((one) => one.field === name);
    const many = store.summary.value[side].length > 1;
    return (
      <div key={name} {...cell(column, "field", { kind: side, field: name })}>
        {many && preview && <span class="name">{name}</span>}
        {turn && (
          <DraftOr store={store} turn={turn} target={{ kind: side, field: name }} place="row">
            <FieldPreview store={store} preview={preview} turnId={turn.turn_id} />
          </DraftOr>
        )}
      </div>
    );
  };
  const side = (wanted: Column["side"]) => (
    <div class={wanted} role="presentation">
      {columns.map((one, index) => one.side === wanted && field(one, index + FIRST_FIELD))}
    </div>
  );
  const aside = (target: Target, column: number, show: (row: Row) => preact.ComponentChildren) => (
    <div {...cell(column, target.kind, target)}>
      {row && turn && (
        <DraftOr store={store} turn={turn} target={target} place="row">
          {show(row)}
        </DraftOr>
      )}
    </div>
  );
  const score = columns.length + FIRST_FIELD;
  return (
    <>
      <div {...cell(0, "turn")}>
        <TurnMark store={store} row={row} expanded={expanded} />
      </div>
      {side("inputs")}
      {side("outputs")}
      {aside({ kind: "score" }, score, (row) => (
        <ScoreValue score={row.score} change={row.score_change} title={row.feedback} />
      ))}
      {aside({ kind: "label" }, score + 1, (row) => (
        <>
          {row.label && (
            <span class="tag" dir="auto">
              {row.label}
            </span>
          )}
          {row.stale && <span class="stale">⚠ stale</span>}
          <Siblings store={store} row={row} />
        </>
      ))}
    </>
  );
}
