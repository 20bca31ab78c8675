/** Asks every input of the branch that is shown again, on a new branch. */
import { useRef } from "preact/hooks";
import { start } from "../store/actions";
import type { Store } from "../store/store";

export function ReplayForm({ store }: { store: Store }) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <form
      class="panel"
      aria-label="Replay"
      onSubmit={(event) => {
        event.preventDefault();
        const name = field.current?.value.trim();
        const branch = store.branch.peek();
        void start(store, "replay", { branch, ...(name ? { name } : {}) });
      }}
    >
      <label>
        Replay as
        <input ref={field} placeholder="chosen for you" />
      </label>
      <button
        type="submit"
        title="Ask every input of this branch again, on a new branch"
        disabled={!store.canAct.value || !store.view.value?.turns}
      >
        Replay this branch
      </button>
    </form>
  );
}
