/** Sets a variable of the notebook to the calls of one node, as examples to train with. */

import { useSignal } from "../rendering";
import { announce } from "../store/screen";
import type { Store } from "../store/store";

export function NodeExport({ store, node }: { store: Store; node: string }) {
  const suggested = `${node.replace(/[^0-9A-Za-z]+/g, "_").replace(/^_+|_+$/g, "")}_examples`;
  const target = useSignal(suggested);
  const make = async () => {
    const branch = store.branch.peek();
    const filter = store.filter.peek();
    try {
      const { message } = await store.ask("export", {
        ...{ branch, filter, node, format: "examples" },
        target: target.peek().trim() || suggested,
      });
      announce(store, message);
    } catch (error) {
      announce(store, (error as Error).message, true);
    }
  };
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      <label>
        Variable{" "}
        <input
          value={target.value}
          onInput={(event) => {
            target.value = event.currentTarget.value;
          }}
        />
      </label>
      <button type="submit" disabled={!store.canAct.value}>
        Export examples
      </button>
      <span class="dim">
        {store.filtered.value
          ? "of the turns that pass the filter"
          : "of all turns that are not excluded"}
      </span>
    </form>
  );
}
