/** One field in full; when it was edited, also as recorded and what changed. */

import type { DiffPart, FieldDetail } from "../protocol";
import { useSignal } from "../rendering";
import { act } from "../store/actions";
import type { FieldTarget, TurnAt } from "../store/drafts";
import type { Store } from "../store/store";
import { DraftOr } from "./DraftOr";
import { LongText } from "./LongText";
import { MarkdownButton } from "./MarkdownButton";
import { markdownOf } from "./MarkdownText";
import { Tabs } from "./Tabs";

type Side = "inputs" | "outputs";

interface Props {
  store: Store;
  turn: TurnAt;
  side: Side;
  field: FieldDetail;
  callId?: string;
  /** Absent where the field cannot be edited. */
  onEdit?: (target: FieldTarget) => void;
}

export function FieldView({ store, turn, side, field, callId, onEdit }: Props) {
  const { name, value, original, diff } = field;
  const face = useSignal("Edited");
  const { branch, turn_id, version } = turn;
  const { can_edit } = store.summary.value;
  const call = callId ? { call_id: callId } : {};
  const edited = !original || face.value === "Edited";
  const shown = original && face.value === "Original" ? original : value;
  const target: FieldTarget = { kind: side, field: name, ...(callId ? { callId } : {}) };
  const range = (start: number, stop: number) =>
    store.ask("text", {
      ...{ branch, turn_id, side, field: name, start, stop, ...call },
      part: shown === original ? "original" : "value",
    });
  return (
    <div class="pair">
      <span class="name" dir="auto">
        {name}
      </span>
      <DraftOr store={store} turn={turn} target={target}>
        {original && (
          <Tabs
            label={`Versions of ${name}`}
            names={["Edited", "Original", "Diff"]}
            chosen={face.value}
            onChoose={(to) => {
              face.value = to;
            }}
          />
        )}
        {original && face.value === "Diff" ? (
          <Diff parts={diff} />
        ) : (
          <LongText
            key={face.value}
            text={shown}
            range={range}
            show={edited ? markdownOf(store, name) : undefined}
          />
        )}
        <span class="acts">
          <MarkdownButton store={store} field={name} disabled={!edited} />
          {can_edit && onEdit && (
            <button
              type="button"
              class="link"
              disabled={!store.canAct.value}
              onClick={() => onEdit(target)}
            >
              edit {name}
            </button>
          )}
          {can_edit && original && (
            <button
              type="button"
              class="link"
              disabled={!store.canAct.value}
              onClick={() =>
                act(store, "revert", { branch, turn_id, version, field: name, ...call })
              }
            >
              revert {name}
            </button>
          )}
        </span>
      </DraftOr>
    </div>
  );
}

const TAGS = { same: "span", added: "ins", removed: "del" } as const;

function Diff({ parts }: { parts: readonly DiffPart[] }) {
  return (
    <div class="text" dir="auto">
      {parts.map(([kind, text], index) => {
        const Tag = TAGS[kind];
        return <Tag key={index}>{text}</Tag>;
      })}
    </div>
  );
}
