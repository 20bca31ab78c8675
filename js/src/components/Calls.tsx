/** What the nested predictors did in this turn, each call with its own fields and history. */

import type { CallDetail } from "../protocol";
import { useSignal } from "../rendering";
import type { FieldTarget, TurnAt } from "../store/drafts";
import { editField } from "../store/editing";
import type { Store } from "../store/store";
import { FieldView } from "./FieldView";
import { count } from "./format";
import { MessageTabs } from "./MessageTabs";
import { Scores } from "./Scores";
import { ScoreValue } from "./ScoreValue";
import { formatUsage } from "./usage";

interface Props {
  store: Store;
  turn: TurnAt;
  calls: readonly CallDetail[];
  /** Whether they are shown in full from the beginning. */
  opened?: boolean;
}

export function Calls({ store, turn, calls, opened = false }: Props) {
  return (
    <div class="calls">
      {calls.map((call) => (
        <Call
          key={call.call_id}
          store={store}
          turn={{ ...turn, version: call.version }}
          call={call}
          opened={opened}
        />
      ))}
    </div>
  );
}

interface CallProps {
  store: Store;
  turn: TurnAt;
  call: CallDetail;
  opened: boolean;
}

function Call({ store, turn, call, opened }: CallProps) {
  const open = useSignal(opened);
  const { call_id, node, inputs, outputs, scores, memory } = call;
  const answer = outputs.at(-1);
  const edit = (target: FieldTarget) => {
    const spec = call.specs.find(({ name }) => name === target.field);
    void editField(store, turn, spec ? { ...target, spec } : target);
  };
  const field = (side: "inputs" | "outputs") =>
    call[side].map((one) => (
      <FieldView
        key={`${side} ${one.name}`}
        store={store}
        turn={turn}
        side={side}
        field={one}
        callId={call_id}
        {...(side === "outputs" ? { onEdit: edit } : {})}
      />
    ));
  return (
    <div class="call">
      <button
        type="button"
        class="link"
        aria-expanded={open.value}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {open.value ? "▾" : "▸"} {node}
      </button>
      {!open.value && (
        <span class="dim" dir="auto">
          {answer?.value.text.slice(0, 80)}
        </span>
      )}
      {scores[0] && <ScoreValue score={scores[0].value} title={scores[0].feedback} />}
      {open.value && (
        <div class="inside">
          {inputs.length > 0 && field("inputs")}
          {field("outputs")}
          {memory !== null && (
            <div class="pair">
              <span class="name">memory</span>
              <div class="text" dir="auto">
                {memory}
              </div>
            </div>
          )}
          <Scores store={store} turn={turn} scores={scores} callId={call_id} />
          <p class="dim">
            {count(call.history_turns, "history message")} · {formatUsage(call.usage)}
          </p>
          <MessageTabs
            store={store}
            at={{ branch: turn.branch, turn_id: turn.turn_id, call_id }}
            seen={call.history_turns}
            prompts={call.prompts}
          />
        </div>
      )}
    </div>
  );
}
