/** A turn in full: fields, scores, notes, cost, history, prompt and the calls made inside it. */
import { useEffect, useRef } from "preact/hooks";
import { exclude } from "../acting_keys";
import { focused } from "../focused";
import type { TurnDetail as Detail, Row } from "../protocol";
import { act, start } from "../store/actions";
import { detailOf, loadDetail } from "../store/details";
import { editField, openDraft } from "../store/editing";
import { announce } from "../store/screen";
import type { Store } from "../store/store";
import { Calls } from "./Calls";
import { DraftOr } from "./DraftOr";
import { copy } from "./ExportPanel";
import { FieldView } from "./FieldView";
import { MessageTabs } from "./MessageTabs";
import { Scores } from "./Scores";
import { formatUsage } from "./usage";

interface Props {
  store: Store;
  branch: string;
  row: Row;
  position: number;
  hasStop: boolean;
}

export function TurnDetail({ store, branch, row, position, hasStop }: Props) {
  const { turn_id } = row;
  const revision = store.revision.value;
  useEffect(() => {
    loadDetail(store, branch, turn_id).catch((error) => announce(store, error.message, true));
  }, [store, branch, turn_id, revision]);
  const detail = detailOf(store, branch, turn_id).detail.value;
  const cell = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // The keyboard came before this was here, and waits at the table.
    const waiting = focused(cell.current)?.getAttribute("role") === "treegrid";
    if (hasStop && waiting) cell.current?.focus({ preventScroll: true });
  }, [hasStop]);
  return (
    <div role="row" aria-level={2} aria-posinset={1} aria-setsize={1}>
      <div
        ref={cell}
        class="detail"
        role="gridcell"
        aria-label={`Turn ${row.index} in full`}
        tabIndex={hasStop ? 0 : -1}
        onFocusIn={() => {
          const { position: at, inDetail } = store.focus.peek();
          if (at !== position || !inDetail) {
            store.focus.value = { ...store.focus.peek(), position, inDetail: true };
          }
        }}
      >
        {detail ? (
          <Whole store={store} branch={branch} row={row} detail={detail} />
        ) : (
          <p class="dim">…</p>
        )}
      </div>
    </div>
  );
}

interface WholeProps {
  store: Store;
  branch: string;
  row: Row;
  detail: Detail;
}

function Whole({ store, branch, row, detail }: WholeProps) {
  const { turn_id, index, version } = detail;
  const turn = { branch, turn_id, index, version };
  const at = { branch, turn_id };
  const able = store.canAct.value;
  const { can_call, can_edit } = store.summary.value;
  const fields = (side: "inputs" | "outputs") =>
    detail[side].map((field) => (
      <FieldView
        key={`${side} ${field.name}`}
        store={store}
        turn={turn}
        side={side}
        field={field}
        onEdit={(target) => void editField(store, turn, target)}
      />
    ));
  const aside = (kind: "label" | "note") => (
    <div class="pair">
      <span class="name">{kind}</span>
      <DraftOr store={store} turn={turn} target={{ kind }}>
        <span dir="auto">{detail[kind] ?? "—"}</span>
        {can_edit && (
          <button
            type="button"
            class="link acts"
            disabled={!able}
            onClick={() => openDraft(store, turn, { kind }, detail[kind] ?? "")}
          >
            edit {kind}
          </button>
        )}
      </DraftOr>
    </div>
  );
  return (
    <>
      {detail.stale_because.length > 0 && (
        <p class="stale">
          ⚠ stale: the model saw another turn {detail.stale_because.join(", ")} than there is now.
        </p>
      )}
      {row.flags.map((flag) => (
        <p key={flag} class="dim">
          ⚑ {flag}
        </p>
      ))}
      {fields("inputs")}
      {fields("outputs")}
      <Scores store={store} turn={turn} scores={detail.scores} />
      {aside("label")}
      {aside("note")}
      <p class="dim" dir="auto">
        {formatUsage(detail.usage)}
        {Object.entries(detail.parameters).map(([name, value]) => ` · ${name} ${value}`)}
      </p>
      <MessageTabs
        store={store}
        at={at}
        seen={detail.history_seen}
        now={detail.history_now}
        prompts={detail.prompts}
      />
      <Calls store={store} turn={turn} calls={detail.calls} />
      <div class="choices">
        {can_edit && (
          <>
            <button
              type="button"
              title="A new branch with the turns before this one"
              disabled={!able}
              onClick={() => act(store, "fork", at)}
            >
              Fork here
            </button>
            <button
              type="button"
              disabled={!able || !can_call}
              onClick={() => start(store, "rerun", at)}
            >
              Re-run
            </button>
            <button type="button" disabled={!able} onClick={() => exclude(store, row)}>
              {row.excluded ? "Include" : "Exclude"}
            </button>
          </>
        )}
        <button type="button" onClick={() => copy(store, detail.python)}>
          Copy code
        </button>
      </div>
    </>
  );
}
