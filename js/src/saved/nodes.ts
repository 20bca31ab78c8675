/** The nested nodes of a saved branch: their ledgers, call by call, and their memories. */
import type { Args } from "../client";
import type {
  CallDetail,
  LedgerCall,
  LedgerWindow,
  NodesView,
  SavedNode,
  SavedSights,
} from "../protocol";
import { type Branch, type Conversation, within } from "./page";
import { previewOf } from "./rows";
import { clipped } from "./text";

const MOST_CALLS = 60;

interface Made {
  readonly turn_id: string;
  readonly index: number;
  readonly call: CallDetail;
}

export function nodesView(conversation: Conversation, args: Args<"nodes">): NodesView {
  const branch = conversation.branch(args.branch);
  const { memory, nodes } = branch.saved;
  const policies = new Map(conversation.page.policies.map((one) => [one.path, one.policy]));
  const made = callsOf(branch);
  const paths = new Set([...policies.keys(), ...made.keys(), ...nodes.map(({ path }) => path)]);
  paths.delete("self");
  const view = (path: string) => {
    const node = nodes.find((one) => one.path === path);
    const calls = made.get(path) ?? [];
    return {
      ...{ path, policy: policies.get(path) ?? "", calls: calls.length },
      in_sight: node?.in_sight ?? 0,
      memory: node?.memory ? clipped(node.memory) : null,
      mean_score: meanOf(calls.flatMap(({ call }) => call.scores[0]?.value ?? [])),
    };
  };
  const { revision } = conversation;
  return { revision, memory: memory ? clipped(memory) : null, nodes: [...paths].map(view) };
}

export function ledgerWindow(conversation: Conversation, args: Args<"ledger">): LedgerWindow {
  const branch = conversation.branch(args.branch);
  const calls = callsOf(branch).get(args.node);
  if (!calls) throw new Error("No turn of this branch called such a node.");
  const sights = sightsOf(branch.saved.nodes.find(({ path }) => path === args.node));
  const { start, stop } = within(args.start, args.stop, calls.length, MOST_CALLS);
  const entry = ({ turn_id, index, call }: Made, step: number): LedgerCall => ({
    ...{ turn_id, index, call_id: call.call_id, saw: call.history_turns },
    inputs: call.inputs.map(previewOf),
    outputs: call.outputs.map(previewOf),
    score: call.scores[0]?.value ?? null,
    edited: call.outputs.some(({ original }) => original !== null),
    sight: sights(start + step),
  });
  const shown = calls.slice(start, stop).map(entry);
  return { revision: conversation.revision, total: calls.length, start, calls: shown };
}

/** Path of each node to its calls, oldest first. */
function callsOf(branch: Branch): Map<string, Made[]> {
  const found = new Map<string, Made[]>();
  for (const index of branch.positions) {
    const { turn_id, calls } = branch.at(index).detail;
    for (const call of calls) {
      const made = found.get(call.node) ?? [];
      made.push({ turn_id, index, call });
      found.set(call.node, made);
    }
  }
  return found;
}

/** What the next call of a node may see of one, by its number. */
function sightsOf(node: SavedNode | undefined): (call: number) => SavedSights["sight"] {
  return (call) => {
    let end = 0;
    for (const { sight, calls } of node?.sights ?? []) {
      end += calls;
      if (call < end) return sight;
    }
    return "none";
  };
}

function meanOf(scores: readonly number[]): number | null {
  return scores.length ? scores.reduce((sum, one) => sum + one, 0) / scores.length : null;
}
