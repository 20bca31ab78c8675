/** Every score of a turn or a call by its name, with what the metric said. */
import type { ScoreDetail } from "../protocol";
import type { Target, TurnAt } from "../store/drafts";
import { openDraft } from "../store/editing";
import type { Store } from "../store/store";
import { ByHand } from "./ByHand";
import { DraftOr } from "./DraftOr";
import { ScoreValue } from "./ScoreValue";

interface Props {
  store: Store;
  turn: TurnAt;
  scores: readonly ScoreDetail[];
  callId?: string;
}

export function Scores({ store, turn, scores, callId }: Props) {
  const call = callId ? { callId } : {};
  const { can_edit } = store.summary.value;
  if (!can_edit && !scores.length) return null;
  const edit = (target: Target, text: string, name: string, style = "link") =>
    can_edit && (
      <button
        type="button"
        class={style}
        disabled={!store.canAct.value}
        onClick={() => openDraft(store, turn, target, text)}
      >
        {name}
      </button>
    );
  const added: Target = { kind: "score", name: "", ...call };
  return (
    <div class="pair">
      <span class="name">scores</span>
      {scores.map(({ name, value, feedback }) => {
        const target: Target = { kind: "score", name, ...call };
        return (
          <div key={name} class="named">
            <span dir="auto">{name}</span>
            <DraftOr store={store} turn={turn} target={target}>
              <ScoreValue score={value} />
              {edit(target, `${value}`, `edit ${name}`)}
            </DraftOr>
            <DraftOr store={store} turn={turn} target={{ kind: "feedback", name, value, ...call }}>
              {feedback && <q dir="auto">{feedback}</q>}
              {edit(
                { kind: "feedback", name, value, ...call },
                feedback ?? "",
                feedback ? "edit feedback" : "say why",
              )}
            </DraftOr>
          </div>
        );
      })}
      {can_edit && <ByHand store={store} turn={turn} scores={scores} {...call} />}
      <DraftOr store={store} turn={turn} target={added}>
        {edit(added, "", "score by hand", "link acts")}
      </DraftOr>
    </div>
  );
}
