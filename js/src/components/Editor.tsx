/** Edits a value where it stands; until it is saved or cancelled the text is kept. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { focused } from "../focused";
import type { FieldSpec } from "../protocol";
import { type Draft, draftKey, type Place, type Target, type TurnAt } from "../store/drafts";
import { closeDraft, draftName, saveDraft } from "../store/editing";
import type { Store } from "../store/store";
import { ValueInput } from "./ValueInput";

type Spec = Pick<FieldSpec, "kind" | "choices">;

function specOf(store: Store, { target }: Draft): Spec {
  if ("spec" in target && target.spec) return target.spec;
  const field =
    "field" in target &&
    !target.callId &&
    store.columns.value.find(({ name }) => name === target.field);
  return field || { kind: target.kind === "score" ? "number" : "text", choices: [] };
}

/** The editor of a value that is being edited in that place, if it is. */
export function editorAt(store: Store, turn: TurnAt, target: Target, place: Place) {
  const { size } = store.drafts.value;
  const draft = size ? store.drafts.value.get(draftKey(turn.turn_id, target)) : undefined;
  return draft?.place === place ? <Editor store={store} draft={draft} /> : undefined;
}

function Editor({ store, draft }: { store: Store; draft: Draft }) {
  const spec = specOf(store, draft);
  const lines = "field" in draft.target && (spec.kind === "text" || spec.kind === "json");
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    // One that comes back with its row takes the keyboard only where it was left waiting.
    const waiting = focused(place.current)?.getAttribute("role") === "treegrid";
    if (draft.isNew || waiting)
      place.current
        ?.querySelector<HTMLElement>("textarea, input, select")
        ?.focus({ preventScroll: true });
    draft.isNew = false;
  }, [draft]);
  const busy = draft.busy.value;
  const problem = draft.problem.value;
  const forks = draft.target.kind === "inputs";
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    const control = event.ctrlKey || event.metaKey;
    if (event.isComposing) return;
    if (event.key === "Escape") closeDraft(store, draft);
    else if (
      event.key === "Enter" &&
      (control || !lines) &&
      !(event.target instanceof HTMLButtonElement)
    ) {
      void saveDraft(store, draft);
    } else return;
    event.preventDefault();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys bubble here from the controls inside
    <div
      ref={place}
      class="editor"
      onKeyDown={onKeyDown}
      onDblClick={(event) => event.stopPropagation()}
    >
      <ValueInput
        name={draftName(draft.turn, draft.target)}
        spec={spec}
        text={draft.text}
        fixed={busy}
        invalid={!!problem}
        onText={(text) => {
          draft.text = text;
        }}
      />
      <div class="choices">
        <button
          type="button"
          class="main"
          disabled={busy}
          title={lines ? "Ctrl+Enter" : "Enter"}
          onClick={() => void saveDraft(store, draft)}
        >
          {forks ? "Save as a new branch" : "Save"}
        </button>
        <button type="button" title="Esc" onClick={() => closeDraft(store, draft)}>
          Cancel
        </button>
      </div>
      {problem && (
        <p class="error" role="alert" dir="auto">
          ⚠ {problem}
        </p>
      )}
    </div>
  );
}
