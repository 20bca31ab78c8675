/** The calls of one node, oldest first, each with the turn it was made in. */
import { useEffect } from "preact/hooks";
import { Calls } from "../components/Calls";
import { count } from "../components/format";
import { ScoreValue } from "../components/ScoreValue";
import type { LedgerCall, Preview } from "../protocol";
import { useSignal } from "../rendering";
import { detailOf, loadDetail } from "../store/details";
import { showBranch } from "../store/navigation";
import { announce } from "../store/screen";
import type { Store } from "../store/store";
import { useLedger } from "./use_nodes";

const SIGHTS = {
  open: "",
  ended: "of an ended episode",
  none: "in no ledger",
} as const;

export function NodeLedger({ store, node }: { store: Store; node: string }) {
  const branch = store.branch.value;
  const { value: ledger, problem, earlier } = useLedger(store, branch, node);
  if (problem) return <p class="error">⚠ {problem}</p>;
  if (!ledger) return <p class="empty dim">…</p>;
  return (
    <>
      {ledger.first > 0 && (
        <button type="button" class="link" onClick={earlier}>
          Show earlier calls ({ledger.first} more)
        </button>
      )}
      <ol class="ledger" aria-label={`Calls of ${node}`} start={ledger.first + 1}>
        {ledger.calls.map((call) => (
          <Entry key={call.call_id} store={store} branch={branch} call={call} />
        ))}
      </ol>
    </>
  );
}

interface EntryProps {
  store: Store;
  branch: string;
  call: LedgerCall;
}

function Entry({ store, branch, call }: EntryProps) {
  const open = useSignal(false);
  const { turn_id, index, inputs, outputs, score, edited, saw, sight } = call;
  return (
    <li class={sight === "ended" ? "dim" : ""}>
      <button
        type="button"
        class="link"
        aria-expanded={open.value}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {open.value ? "▾" : "▸"} turn {index}
      </button>{" "}
      <span dir="auto">{said(inputs)}</span> → <span dir="auto">{said(outputs)}</span>
      {edited && (
        <span role="img" aria-label="edited" title="edited">
          {" "}
          ✎
        </span>
      )}
      {score !== null && <ScoreValue score={score} />}
      <span class="dim">
        {" "}
        saw {count(saw, "message")}
        {SIGHTS[sight] && ` · ${SIGHTS[sight]}`}
      </span>
      {open.value && (
        <div class="detail">
          <Whole store={store} branch={branch} call={call} />
          <div class="choices">
            <button
              type="button"
              onClick={() => {
                store.panel.value = null;
                void showBranch(store, branch, turn_id);
              }}
            >
              Show turn {index}
            </button>
          </div>
        </div>
      )}
    </li>
  );
}

/** The call in full, to read, to correct and to score: as it stands in its turn. */
function Whole({ store, branch, call: { turn_id, index, call_id } }: EntryProps) {
  const revision = store.revision.value;
  useEffect(() => {
    loadDetail(store, branch, turn_id).catch((error) => announce(store, error.message, true));
  }, [store, branch, turn_id, revision]);
  const detail = detailOf(store, branch, turn_id).detail.value;
  const call = detail?.calls.find((one) => one.call_id === call_id);
  if (!detail || !call) return <p class="dim">…</p>;
  const turn = { branch, turn_id, index, version: detail.version };
  return <Calls store={store} turn={turn} calls={[call]} opened />;
}

function said(fields: readonly Preview[]): string {
  return fields.map(({ text }) => text.slice(0, 120)).join(" · ") || "—";
}
