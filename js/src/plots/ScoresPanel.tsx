/** The scores of the branch to look at, and a threshold that shows what it would keep. */
import { useEffect } from "preact/hooks";
import { Pick } from "../components/Pick";
import type { ScorePoint, ScoresView } from "../protocol";
import { useSignal } from "../rendering";
import { refine, showBranch } from "../store/navigation";
import type { Store } from "../store/store";
import { Against } from "./Against";
import { Along } from "./Along";
import { Histogram } from "./Histogram";
import { Numbers } from "./Numbers";
import { useKept } from "./use_kept";

export function ScoresPanel({ store }: { store: Store }) {
  const { scored_by, can_edit } = store.summary.value;
  const picked = useSignal(store.filter.peek().score_name ?? store.metric.peek());
  const against = useSignal("");
  const name = scored_by.includes(picked.value) ? picked.value : (scored_by[0] ?? "");
  const other = scored_by.includes(against.value) && against.value !== name ? against.value : "";
  const branch = store.branch.value;
  const view = useScores(store, branch, name, other);
  if (!name)
    return (
      <p class="panel dim">
        No turn has a score yet.
        {can_edit && " Choose a metric and Rescore, or give one by hand: 1 to 5 on a turn."}
      </p>
    );
  const options = scored_by.map((one) => [one, one] as const);
  return (
    <section class="scores keeps" aria-label="Scores">
      <div class="panel">
        <span>
          Score by{" "}
          <Pick
            label="Score by"
            value={name}
            options={options}
            onPick={(to) => {
              picked.value = to;
            }}
          />
        </span>
        <span>
          against{" "}
          <Pick
            label="Against"
            value={other}
            options={[["", "nothing"], ...options.filter(([one]) => one !== name)]}
            onPick={(to) => {
              against.value = to;
            }}
          />
        </span>
        {view && (
          <span class="dim">
            {view.scored} of {view.turns} turns scored
            {view.mean !== null && `, mean ${view.mean.toFixed(2)}`}
          </span>
        )}
      </div>
      {view && <Plots key={name} store={store} view={view} against={other} />}
    </section>
  );
}

function useScores(store: Store, branch: string, name: string, against: string) {
  const view = useSignal<ScoresView | null>(null);
  const revision = store.revision.value;
  useEffect(() => {
    if (!name) return;
    let latest = true;
    store.ask("scores", { branch, name, ...(against ? { against } : {}) }).then(
      (found) => {
        if (latest) view.value = found;
      },
      () => {}, // the branch is gone, or no kernel answers: the store tells of it
    );
    return () => {
      latest = false;
    };
  }, [branch, name, against, revision]);
  return view.value?.name === name ? view.value : null;
}

interface PlotsProps {
  store: Store;
  view: ScoresView;
  against: string;
}

function Plots({ store, view, against }: PlotsProps) {
  const { name, low, high } = view;
  const branch = store.branch.value;
  const inForce = store.filter.value;
  const chosen = useSignal<number | null>(
    inForce.score_name === name ? (inForce.min_score ?? null) : null,
  );
  const threshold = Math.max(low, Math.min(high, chosen.value ?? low));
  const filter = { score_name: name, min_score: threshold };
  const kept = useKept(store, branch, filter);
  const strict = store.strict.value;
  const told = kept
    ? `keeps ${kept.plain} of ${kept.turns} turns, ${kept.strict} with strict trajectory`
    : "";
  const show = ({ turn_id }: ScorePoint) => void showBranch(store, branch, turn_id);
  const end = strict
    ? (view.points.find(({ value, excluded }) => value < threshold && !excluded)?.index ?? null)
    : null;
  return (
    <>
      <div class="plots">
        <Histogram
          view={view}
          threshold={threshold}
          kept={told}
          onThreshold={(to) => {
            chosen.value = to;
          }}
        />
        <Along view={view} threshold={threshold} end={end} onShow={show} />
        {against && <Against view={view} against={against} onShow={show} />}
      </div>
      <div class="panel">
        <b>{threshold.toFixed(2)}</b> {told}
        <label>
          <input
            type="checkbox"
            checked={strict}
            onChange={(event) => {
              store.strict.value = event.currentTarget.checked;
            }}
          />
          strict trajectory
        </label>
        <button type="button" onClick={() => refine(store, filter)}>
          Show only these
        </button>
        {inForce.score_name && (
          <button
            type="button"
            onClick={() => refine(store, { score_name: undefined, min_score: undefined })}
          >
            Show all
          </button>
        )}
        {store.summary.value.can_edit && (
          <button
            type="button"
            onClick={() => {
              refine(store, filter);
              store.panel.value = "export";
            }}
          >
            Export these
          </button>
        )}
        <Numbers view={view} />
      </div>
    </>
  );
}
