/** Calls that are being made now, below the rows they will join. */
import type { Rows } from "../store/rows";
import type { Store } from "../store/store";

export function RunningRows({ store, rows }: { store: Store; rows: Rows }) {
  const here = store.running.value.filter(({ branch }) => branch === rows.branch);
  return here.map(({ index, inputs, node, written, started_at }) => (
    <div
      class="row running"
      role="row"
      aria-level={1}
      aria-busy="true"
      key={`${index} ${started_at}`}
    >
      <div class="turn" role="gridcell">
        <span class="dot" aria-hidden="true" />
        {index}
      </div>
      <div class="inputs" role="gridcell" dir="auto">
        {inputs.map(({ text }) => text).join(" · ")}
      </div>
      <div class="outputs dim" role="gridcell" dir="auto">
        {node && <span class="writer">{node}</span>}
        {written || "running…"}
      </div>
    </div>
  ));
}
