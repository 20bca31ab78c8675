/** What the kernel made of memory shows of its state. */
import {
  type FieldDetail,
  PREVIEW_CHARS,
  PROTOCOL_VERSION,
  type Preview,
  type Row,
  type Summary,
  TEXT_CHARS,
  type TurnDetail,
  type Usage,
} from "../src/protocol";
import type { MemoryBranch, MemoryState, MemoryTurn } from "./memory_kernel";

const HEAD_ROWS = 64;

export const usage: Usage = {
  ...{ model: "openai/gpt-5-mini", prompt_tokens: 731, completion_tokens: 81, cost: 0.00123 },
  ...{ latency_s: 1.34, cached: false, created_at: "2026-01-01T00:00:00+00:00" },
};

function preview(field: string, value: string, edited: boolean): Preview {
  const text = value.slice(0, PREVIEW_CHARS);
  const rest = value.slice(PREVIEW_CHARS);
  return { field, text, more_lines: rest.split("\n").length - 1, more_chars: rest.length, edited };
}

export function valueIn(turn: MemoryTurn, field: string): string {
  return turn.edited[field] ?? turn.outputs[field] ?? turn.inputs[field] ?? "";
}

function siblings(state: MemoryState, branch: MemoryBranch, index: number) {
  const parent = branch.turns[index - 1]?.id;
  const seen = new Map<string, Row["siblings"][number]>();
  for (const { key, name, turns } of state.branches) {
    const there = turns[index];
    if (there && turns[index - 1]?.id === parent && !seen.has(there.id)) {
      seen.set(there.id, { branch: key, turn_id: there.id, name });
    }
  }
  return [...seen.values()];
}

export function rowOf(state: MemoryState, key: string, index: number): Row {
  const branch = state.branches.find((one) => one.key === key) as MemoryBranch;
  const turn = branch.turns[index] as MemoryTurn;
  const before = branch.turns[index - 1]?.score ?? null;
  const { id, version, score, label, note, excluded, stale, edited } = turn;
  return {
    ...{ turn_id: id, index, version, score, label, note, excluded, stale },
    inputs: Object.entries(turn.inputs).map(([name, value]) => preview(name, value, false)),
    outputs: Object.keys(turn.outputs).map((name) =>
      preview(name, valueIn(turn, name), name in edited),
    ),
    score_change: score !== null && before !== null ? score - before : null,
    feedback: null,
    edited: Object.keys(edited).length > 0,
    siblings: siblings(state, branch, index),
    calls: turn.calls.length,
    flags: [],
  };
}

export function meanScore(turns: MemoryTurn[]): number | null {
  const scores = turns.flatMap(({ score }) => (score === null ? [] : [score]));
  return scores.length ? scores.reduce((sum, score) => sum + score, 0) / scores.length : null;
}

/** Paths of the nodes that any turn called. */
export function pathsOf(state: MemoryState): string[] {
  const turns = state.branches.flatMap((branch) => branch.turns);
  return [...new Set(turns.flatMap(({ calls }) => calls.map(({ node }) => node)))];
}

export function summaryOf(state: MemoryState): Summary {
  const { revision, current, branches, inputs, outputs, metrics, jobs, undo, redo } = state;
  const { turns } = branches.find((one) => one.key === current) as MemoryBranch;
  return {
    ...{
      protocol: PROTOCOL_VERSION,
      revision,
      title: "SupportAgent",
      branch: current,
      inputs,
      outputs,
    },
    branches: branches.map((branch) => ({
      ...{ key: branch.key, name: branch.name, turns: branch.turns.length, parent: branch.parent },
      ...{
        forked_at: branch.forked_at,
        starred: branch.starred,
        mean_score: meanScore(branch.turns),
      },
    })),
    ...{
      metrics,
      can_edit: true,
      markdown: state.markdown,
      scored_by: state.scoredBy,
      labels: ["good", "vague"],
      can_call: state.canCall,
      nodes: pathsOf(state),
      jobs,
    },
    ...{ undo: undo.at(-1)?.words ?? null, redo: redo.at(-1)?.words ?? null, running: [] },
    head: {
      ...{ branch: current, revision, turns: turns.length, matched: turns.length, start: 0 },
      rows: turns.slice(0, HEAD_ROWS).map((_, index) => rowOf(state, current, index)),
    },
  };
}

export function fieldDetail(name: string, recorded: string, edited?: string): FieldDetail {
  const as = (value: string) => ({ text: value.slice(0, TEXT_CHARS), length: value.length });
  if (edited === undefined) return { name, value: as(recorded), original: null, diff: [] };
  return {
    ...{ name, value: as(edited), original: as(recorded) },
    diff: [
      ["removed", recorded],
      ["added", edited],
    ],
  };
}

function clipped(field: FieldDetail): FieldDetail {
  const { text, length } = field.value;
  return { ...field, value: { text: text.slice(0, TEXT_CHARS), length } };
}

export function detailOf(state: MemoryState, key: string, id: string): TurnDetail {
  const branch = state.branches.find((one) => one.key === key) as MemoryBranch;
  const index = branch.turns.findIndex((turn) => turn.id === id);
  const turn = branch.turns[index];
  if (!turn) throw new Error("not-found: That turn is gone.");
  const fields = (values: Record<string, string>) =>
    Object.entries(values).map(([name, value]) => fieldDetail(name, value, turn.edited[name]));
  const { version, score, label, note } = turn;
  const calls = turn.calls.map((call) => ({ ...call, outputs: call.outputs.map(clipped) }));
  return {
    ...{ turn_id: id, index, version, label, note, calls, usage },
    ...{ inputs: fields(turn.inputs), outputs: fields(turn.outputs) },
    scores: score === null ? [] : [{ name: turn.scoreName, value: score, feedback: turn.feedback }],
    ...{ history_seen: index, history_now: index, prompts: 1 },
    python: `session.turns[${index}]`,
    stale_because: turn.stale ? [1] : [],
    parameters: {},
  };
}
