/** Which turns are shown, and in which order. */
import type { Filter } from "../protocol";
import { refine } from "../store/navigation";
import type { Store } from "../store/store";
import { Pick } from "./Pick";

const SCORED = [
  ["", "scored or not"],
  ["true", "scored"],
  ["false", "unscored"],
] as const;
const EXCLUDED = [
  ["", "excluded or not"],
  ["true", "excluded"],
  ["false", "not excluded"],
] as const;
const ORDERS = [
  ["", "oldest first"],
  ["index,true", "newest first"],
  ["score", "lowest score first"],
  ["score,true", "highest score first"],
] as const;

export function FilterPanel({ store }: { store: Store }) {
  const filter = store.filter.value;
  const { labels } = store.summary.value;
  const set = (change: Parameters<typeof refine>[1]) => refine(store, change);
  const tri = (text: string) => (text ? text === "true" : undefined);
  const number = (part: "min_score" | "max_score", name: string) => (
    <label>
      {name}
      <input
        type="number"
        step="any"
        value={filter[part] ?? ""}
        onChange={({ currentTarget: { value } }) =>
          set({ [part]: value ? Number(value) : undefined })
        }
      />
    </label>
  );
  const check = (part: "edited" | "stale") => (
    <label>
      <input
        type="checkbox"
        checked={!!filter[part]}
        onChange={(event) => set({ [part]: event.currentTarget.checked || undefined })}
      />
      {part}
    </label>
  );
  return (
    <fieldset class="panel" aria-label="Filter">
      {number("min_score", "Score from")}
      {number("max_score", "to")}
      <Pick
        label="Scored"
        value={`${filter.scored ?? ""}`}
        options={SCORED}
        onPick={(text) => set({ scored: tri(text) })}
      />
      {check("edited")}
      {check("stale")}
      <Pick
        label="Excluded"
        value={`${filter.excluded ?? ""}`}
        options={EXCLUDED}
        onPick={(text) => set({ excluded: tri(text) })}
      />
      <Pick
        label="Label"
        value={filter.label ?? ""}
        options={[["", "any label"], ...labels.map((label) => [label, label] as const)]}
        onPick={(label) => set({ label })}
      />
      <Pick
        label="Order"
        value={orderOf(filter)}
        options={ORDERS}
        onPick={(order) => {
          const [sort, descending] = order.split(",");
          set({ sort, descending: !!descending || undefined });
        }}
      />
      <button
        type="button"
        disabled={!store.filtered.value}
        onClick={() =>
          set(Object.fromEntries(Object.keys(filter).map((part) => [part, undefined])))
        }
      >
        Show all
      </button>
      <span class="dim">{store.rows.value.matched.value} shown</span>
    </fieldset>
  );
}

function orderOf({ sort, descending }: Filter): string {
  return [sort, descending || undefined].filter((part) => part !== undefined).join();
}
