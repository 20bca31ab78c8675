/** What each nested node of the program remembers, in the place of the table. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { formatScore } from "../components/format";
import { focused } from "../focused";
import type { NodeView } from "../protocol";
import { useSignal } from "../rendering";
import type { Store } from "../store/store";
import { NodeExport } from "./NodeExport";
import { NodeLedger } from "./NodeLedger";
import { useNodes } from "./use_nodes";

export function NodesPanel({ store }: { store: Store }) {
  const branch = store.branch.value;
  const { value: view, problem } = useNodes(store, branch);
  const picked = useSignal("");
  const panel = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    // The table goes out of sight; who came from there must not lose the keyboard.
    if (focused(panel.current)?.closest(".turns, .composer"))
      panel.current?.querySelector<HTMLElement>("button")?.focus();
  }, [view !== null]);
  const nodes = view?.nodes ?? [];
  const node = nodes.find(({ path }) => path === picked.value) ?? nodes[0];
  return (
    <section ref={panel} class="nodes keeps" aria-label="Nodes">
      {problem && <p class="error">⚠ {problem}</p>}
      {!view && !problem && <p class="empty dim">…</p>}
      {view?.memory && <Memory name="memory of the program" text={view.memory.text} />}
      {view && !node && <p class="panel dim">The program has no nested predictors.</p>}
      {node && (
        <>
          <NodeTable
            nodes={nodes}
            chosen={node.path}
            onChoose={(path) => {
              picked.value = path;
            }}
          />
          {node.memory && <Memory name={`memory of ${node.path}`} text={node.memory.text} />}
          {node.calls > 0 ? (
            <>
              {store.summary.value.can_edit && (
                <NodeExport key={`export ${node.path}`} store={store} node={node.path} />
              )}
              <NodeLedger key={`${branch} ${node.path}`} store={store} node={node.path} />
            </>
          ) : (
            <p class="panel dim">No turn of this branch called {node.path}.</p>
          )}
        </>
      )}
    </section>
  );
}

function Memory({ name, text }: { name: string; text: string }) {
  return (
    <div class="panel pair">
      <span class="name">{name}</span>
      <div class="text" dir="auto">
        {text}
      </div>
    </div>
  );
}

interface TableProps {
  nodes: readonly NodeView[];
  chosen: string;
  onChoose: (path: string) => void;
}

function NodeTable({ nodes, chosen, onChoose }: TableProps) {
  return (
    <table class="node-table">
      <thead>
        <tr>
          <th scope="col">node</th>
          <th scope="col">remembers</th>
          <th scope="col">calls</th>
          <th scope="col" title="Earlier calls that its next call may see">
            in sight
          </th>
          <th scope="col">mean score</th>
          <th scope="col">memory</th>
        </tr>
      </thead>
      <tbody>
        {nodes.map(({ path, policy, calls, in_sight, mean_score, memory }) => (
          <tr key={path} class={path === chosen ? "chosen" : ""}>
            <th scope="row">
              <button
                type="button"
                class="link"
                aria-pressed={path === chosen}
                onClick={() => onChoose(path)}
              >
                {path}
              </button>
            </th>
            <td>{policy || "—"}</td>
            <td>{calls}</td>
            <td>{in_sight}</td>
            <td>{mean_score === null ? "—" : formatScore(mean_score)}</td>
            <td class="one-line" dir="auto">
              {memory?.text ?? "—"}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
