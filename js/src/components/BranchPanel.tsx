/** Rename, star, prune or replay the branch that is shown. */
import { useRef } from "preact/hooks";
import { act } from "../store/actions";
import type { Store } from "../store/store";
import { ReplayForm } from "./ReplayForm";

export function BranchPanel({ store }: { store: Store }) {
  const name = useRef<HTMLInputElement>(null);
  // A branch that was just made may be shown before the summary tells of it.
  const known = useRef(store.view.value);
  known.current = store.view.value ?? known.current;
  const view = known.current;
  if (!view) return null;
  const branch = view.key;
  const disabled = !store.canAct.value;
  const parent = store.summary.value.branches.find(({ key }) => key === view.parent);
  return (
    <>
      <form
        class="panel"
        aria-label="Branch actions"
        onSubmit={(event) => {
          event.preventDefault();
          void act(store, "rename", { branch, name: name.current?.value ?? "" });
        }}
      >
        <label>
          Name
          <input key={branch} ref={name} defaultValue={view.name} />
        </label>
        <button type="submit" disabled={disabled}>
          Rename
        </button>
        <button
          type="button"
          disabled={disabled}
          onClick={() => act(store, "star", { branch, starred: !view.starred })}
        >
          {view.starred ? "☆ Unstar" : "★ Star"}
        </button>
        <button type="button" disabled={disabled} onClick={() => act(store, "prune", { branch })}>
          Prune
        </button>
        {parent && (
          <span class="dim">
            forked from {parent.name} after {view.forked_at} turns
          </span>
        )}
      </form>
      <ReplayForm store={store} />
    </>
  );
}
