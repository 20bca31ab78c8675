/** How the kernel made of memory answers what the nodes ask. */
import type { LedgerCall, LedgerWindow, NodesView, Requests } from "../src/protocol";
import type { MemoryKernel } from "./memory_kernel";
import { pathsOf } from "./memory_view";

const MOST_CALLS = 20;

function callsOf(kernel: MemoryKernel, branch: string, node: string): LedgerCall[] {
  return kernel.branch(branch).turns.flatMap(({ id, calls }, index) =>
    calls
      .filter((call) => call.node === node)
      .map(({ call_id, inputs, outputs, scores, history_turns }) => {
        const preview = (field: (typeof inputs)[number]) => ({
          ...{ field: field.name, text: field.value.text, more_lines: 0, more_chars: 0 },
          edited: field.original !== null,
        });
        return {
          ...{ turn_id: id, index, call_id, score: scores[0]?.value ?? null, saw: history_turns },
          ...{ inputs: inputs.map(preview), outputs: outputs.map(preview) },
          edited: outputs.some(({ original }) => original !== null),
          sight: index === 0 ? ("ended" as const) : ("open" as const),
        };
      }),
  );
}

export function nodesOf(kernel: MemoryKernel, { branch }: Requests["nodes"]["args"]): NodesView {
  const nodes = pathsOf(kernel.state).map((path) => {
    const calls = callsOf(kernel, branch, path).length;
    const memory = path === "planner" ? "prefers short plans" : null;
    return {
      ...{ path, policy: "isolated, persistent", calls, in_sight: calls, mean_score: null },
      memory: memory === null ? null : { text: memory, length: memory.length },
    };
  });
  return { revision: kernel.state.revision, memory: null, nodes };
}

export function ledgerOf(
  kernel: MemoryKernel,
  { branch, node, start, stop }: Requests["ledger"]["args"],
): LedgerWindow {
  const all = callsOf(kernel, branch, node);
  const calls = all.slice(start, Math.min(stop, start + MOST_CALLS));
  return { revision: kernel.state.revision, total: all.length, start, calls };
}
