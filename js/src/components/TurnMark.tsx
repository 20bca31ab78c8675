/** The rail's dot, the way to the whole turn, and its number. */
import type { Row } from "../protocol";
import { toggleExpanded } from "../store/screen";
import type { Store } from "../store/store";

interface Props {
  store: Store;
  row: Row | undefined;
  expanded: boolean;
}

export function TurnMark({ store, row, expanded }: Props) {
  if (!row) return null;
  const forks = row.siblings.length > 1;
  return (
    <>
      <span class="rail" aria-hidden="true">
        {forks && <i />}
      </span>
      <button
        type="button"
        class="icon"
        tabIndex={-1}
        aria-label={`${expanded ? "Collapse" : "Expand"} turn ${row.index}`}
        onClick={() => toggleExpanded(store, row.turn_id)}
      >
        {expanded ? "▾" : "▸"}
      </button>
      <span class="number">{row.index}</span>
      {row.excluded && (
        <span class="mark" role="img" aria-label="excluded" title="excluded">
          ⊘
        </span>
      )}
      {row.flags.length > 0 && (
        <span class="mark" role="img" aria-label={row.flags.join(" ")} title={row.flags.join("\n")}>
          ⚑
        </span>
      )}
    </>
  );
}
