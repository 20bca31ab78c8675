/** The whole family of branches: to look at, to find a turn in, to go from one to another. */
import { useEffect, useRef } from "preact/hooks";
import { BranchPanel } from "../components/BranchPanel";
import { count } from "../components/format";
import type { TreeView } from "../protocol";
import { useSignal } from "../rendering";
import { announce } from "../store/screen";
import type { Store } from "../store/store";
import { Tree } from "./Tree";

const SEARCH_DELAY_MS = 200;

export function TreePanel({ store }: { store: Store }) {
  const tree = useSignal<TreeView | null>(null);
  const problem = useSignal("");
  const search = useSignal("");
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const [branch, revision, text] = [store.branch.value, store.revision.value, search.value];

  useEffect(() => {
    let latest = true;
    store.ask("tree", { branch, ...(text ? { search: text } : {}) }).then(
      (found) => {
        if (!latest) return;
        tree.value = found;
        problem.value = "";
      },
      (error) => {
        if (latest) problem.value = (error as Error).message;
      },
    );
    return () => {
      latest = false;
    };
  }, [branch, revision, text]);
  const view = tree.value;
  useEffect(() => {
    if (text && view) announce(store, `${count(view.found, "turn")} found in the tree.`);
  }, [view?.found]);

  const branches = count(store.summary.value.branches.length, "branch", "branches");
  const sizes = `${branches}, ${count(view?.turns ?? 0, "turn")}`;
  return (
    <section class="tree keeps" aria-label="Tree">
      {view?.turns === 0 && <p class="panel dim">{sizes}: the tree grows with the first turn.</p>}
      {!!view?.turns && (
        <Tree store={store} view={view}>
          <input
            type="search"
            aria-label="Find in tree"
            placeholder="Find in tree"
            onInput={({ currentTarget: { value } }) => {
              clearTimeout(timer.current);
              timer.current = setTimeout(() => {
                search.value = value.trim();
              }, SEARCH_DELAY_MS);
            }}
          />
          <span class="dim">
            {sizes}
            {text && `, ${view.found} found`}
          </span>
        </Tree>
      )}
      {problem.value && <p class="error">⚠ {problem.value}</p>}
      {!view && !problem.value && <p class="empty dim">…</p>}
      {store.summary.value.can_edit && <BranchPanel store={store} />}
    </section>
  );
}
