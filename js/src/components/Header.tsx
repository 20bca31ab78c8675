/** What is shown and what can be done with all of it. */
import { useEffect, useRef } from "preact/hooks";
import { focused } from "../focused";
import { withMore } from "../part";
import { refine, showBranch } from "../store/navigation";
import type { Panel } from "../store/screen";
import type { Store } from "../store/store";
import { count, formatScore } from "./format";
import { PanelButton } from "./PanelButton";
import { Pick } from "./Pick";

const SEARCH_DELAY_MS = 200;

export function Header({ store }: { store: Store }) {
  const { title, branches, nodes, can_edit } = store.summary.value;
  const view = store.view.value;
  const button = (panel: Panel, name: string, face = name, lit = false) => (
    <PanelButton {...{ store, panel, name, lit }}>{face}</PanelButton>
  );
  return (
    <header>
      <b class="title" dir="auto">
        {title}
      </b>
      <Pick
        label="Branch"
        value={store.branch.value}
        options={branches.map((b) => [b.key, `${b.starred ? "★ " : ""}${b.name}`])}
        onPick={(branch) => void showBranch(store, branch)}
      />
      {can_edit && button("branch", "Branch actions", "⋯")}
      {button("tree", "Tree")}
      {button("compare", "Compare")}
      <span class="dim">
        {count(view?.turns ?? 0, "turn")}
        {view?.mean_score != null && ` · mean ${formatScore(view.mean_score)}`}
      </span>
      <span class="push" />
      {can_edit && <UndoButton store={store} name="Undo" sign="↶" />}
      {can_edit && <UndoButton store={store} name="Redo" sign="↷" />}
      <Search store={store} />
      {button("filter", "Filter", "Filter", store.filtered.value)}
      {can_edit && <Scoring store={store} />}
      {button("scores", "Scores")}
      {nodes.length > 0 && button("nodes", "Nodes")}
      {can_edit && button("export", "Export")}
      {button("help", "Help", "?")}
    </header>
  );
}

function UndoButton({ store, name, sign }: { store: Store; name: "Undo" | "Redo"; sign: string }) {
  const action = name === "Undo" ? "undo" : "redo";
  const what = store.summary.value[action];
  return (
    <button
      type="button"
      class="icon"
      aria-label={name}
      title={what ? `${name}: ${what}` : `Nothing to ${action}`}
      disabled={!what || !store.canAct.value}
      onClick={() => withMore(store, ({ act }) => act(store, action, {}))}
    >
      {sign}
    </button>
  );
}

function Search({ store }: { store: Store }) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const box = useRef<HTMLInputElement>(null);
  const inForce = store.filter.value.search ?? "";
  useEffect(() => {
    // "Show all" empties the search too; what is being typed is left alone.
    if (box.current && focused(box.current) !== box.current) box.current.value = inForce;
  }, [inForce]);
  const search = (search: string, delay = SEARCH_DELAY_MS) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => refine(store, { search }), delay);
  };
  return (
    <input
      ref={box}
      type="search"
      aria-label="Search turns"
      placeholder="Search"
      onInput={(event) => search(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !event.currentTarget.value) return;
        event.preventDefault();
        event.currentTarget.value = "";
        search("", 0);
      }}
    />
  );
}

function Scoring({ store }: { store: Store }) {
  const { metrics } = store.summary.value;
  const metric = store.metric.value;
  const none = !metrics.length && "No metric was given: inspect(metrics=[…]) names them.";
  const busy = store.jobs.value.some((job) => job.kind === "rescore");
  const branch = store.branch.value;
  const rescore = () => withMore(store, ({ start }) => start(store, "rescore", { branch, metric }));
  return (
    <>
      <Pick
        label="Metric"
        value={metric}
        options={metrics.length ? metrics.map((name) => [name, name]) : [["", "no metric"]]}
        disabled={!metrics.length}
        title={none || undefined}
        onPick={(name) => {
          store.metric.value = name;
        }}
      />
      <button
        type="button"
        disabled={!!none || busy || !store.canAct.value}
        title={none || `Score every turn of the branch by ${metric}`}
        onClick={rescore}
      >
        Rescore
      </button>
    </>
  );
}

export function focusSearch(root: ParentNode | null): void {
  root?.querySelector<HTMLElement>("input[type=search]")?.focus();
}
