/** Calls that failed, in the place where their turns would be: nothing of them was recorded. */

import { dismissFailure, failuresOf } from "../store/failures";
import type { Rows } from "../store/rows";
import type { Store } from "../store/store";

const MOST_CHARS = 2_000;

export function FailedRows({ store, rows }: { store: Store; rows: Rows }) {
  const here = failuresOf(store).value.filter(({ branch }) => branch === rows.branch);
  return here.map(({ job, label, message }) => (
    <div class="failed" role="row" aria-level={1} key={job}>
      <div role="gridcell">
        <b>
          <span role="img" aria-label="failed">
            ✕
          </span>{" "}
          <span dir="auto">{label}</span>
        </b>
        <p dir="auto">
          {message.slice(0, MOST_CHARS)}
          {message.length > MOST_CHARS && "…"}
        </p>
        <p class="dim">Nothing was recorded; the conversation is as it was before.</p>
        <button
          type="button"
          aria-label={`Dismiss: ${label}`}
          onClick={() => dismissFailure(store, job)}
        >
          Dismiss
        </button>
      </div>
    </div>
  ));
}
