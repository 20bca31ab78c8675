/** Goes to the other turns at the same place of the tree. */
import type { Row } from "../protocol";
import { showSibling } from "../store/navigation";
import type { Store } from "../store/store";

export function Siblings({ store, row }: { store: Store; row: Row }) {
  const { siblings, index } = row;
  if (siblings.length < 2) return null;
  const here = siblings.findIndex(({ turn_id }) => turn_id === row.turn_id);
  const step = (by: number, name: string, sign: string) => (
    <button
      type="button"
      class="icon"
      tabIndex={-1}
      aria-label={`${name} sibling of turn ${index}`}
      title={siblings[here + by]?.name ?? ""}
      disabled={!siblings[here + by]}
      onClick={() => showSibling(store, row, by)}
    >
      {sign}
    </button>
  );
  return (
    <span class="siblings">
      {step(-1, "Previous", "‹")}
      {here + 1}/{siblings.length}
      {step(1, "Next", "›")}
    </span>
  );
}
