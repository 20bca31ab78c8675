/** Long actions at work in the kernel, each with its progress and a way to stop it. */
import { act } from "../store/actions";
import type { Store } from "../store/store";

export function Jobs({ store }: { store: Store }) {
  return store.jobs.value.map(({ id, label, done, total }) => (
    <div class="job" key={id}>
      <span dir="auto">{label}</span>
      <progress aria-label={label} {...(total ? { value: done, max: total } : {})} />
      <span class="dim">{total ? `${done}/${total}` : ""}</span>
      <button
        type="button"
        title={`Stop: ${label}`}
        onClick={() => act(store, "stop", { job: id })}
      >
        Stop
      </button>
    </div>
  ));
}
