/** Scores of one press: thumbs, and marks from 1 to 5; pressed again, the score goes. */
import { HAND_SCORES, MARKS, THUMBS } from "../hand_scores";
import type { ScoreDetail } from "../protocol";
import { act } from "../store/actions";
import type { TurnAt } from "../store/drafts";
import type { Store } from "../store/store";

const THUMB =
  "M2 9h3v7H2zM6 9l3-7c1.5 0 2 1 2 2v3h4c1 0 1.6.9 1.4 1.8l-1.2 6c-.1.7-.8 1.2-1.5 1.2H6z";

interface Props {
  store: Store;
  turn: TurnAt;
  scores: readonly ScoreDetail[];
  callId?: string;
}

export function ByHand({ store, turn, scores, callId }: Props) {
  const { branch, turn_id, version } = turn;
  const given = scores.find(({ name }) => name === "hand")?.value;
  const at = { branch, turn_id, version, ...(callId ? { call_id: callId } : {}) };
  const button = (key: string, name: string, face: preact.ComponentChildren) => {
    const value = HAND_SCORES[key] ?? null;
    const on = given === value;
    return (
      <button
        key={key}
        type="button"
        class="icon"
        aria-label={name}
        aria-pressed={on}
        title={`${name} (${key})`}
        disabled={!store.canAct.value}
        onClick={() => void act(store, "score", { ...at, value: on ? null : value })}
      >
        {face}
      </button>
    );
  };
  return (
    <div class="by-hand" role="group" aria-label="Score by hand">
      {THUMBS.map(([key, name]) =>
        button(
          key,
          name,
          <svg width="14" height="14" viewBox="0 0 18 18" aria-hidden="true">
            <path d={THUMB} transform={key === "-" ? "rotate(180 9 9)" : undefined} />
          </svg>,
        ),
      )}
      {MARKS.map((key) => button(key, `${key} of 5`, key))}
    </div>
  );
}
