/** How the kernel made of memory answers each request. */
import type { Acted, Requests } from "../src/protocol";
import { job } from "./memory_jobs";
import { type MemoryKernel, type MemoryTurn, turn } from "./memory_kernel";
import { logOf, logTextOf } from "./memory_log";
import { ledgerOf, nodesOf } from "./memory_nodes";
import { detailOf, fieldDetail, rowOf, summaryOf, valueIn } from "./memory_view";
import { compared, keptOf, nextDifference, scoresOf, treeOf } from "./memory_views";

type Answers = {
  [K in keyof Requests]: (kernel: MemoryKernel, args: Requests[K]["args"]) => Requests[K]["result"];
};

/** Changes the state after remembering how it was. */
function change(
  kernel: MemoryKernel,
  words: string,
  apply: () => Partial<Acted> | undefined,
): Acted {
  const { state } = kernel;
  const before = structuredClone(state.branches);
  const more = apply();
  state.undo.push({ words, branches: before });
  state.redo = [];
  return { revision: kernel.changed(), message: `${words}.`, ...more };
}

function travel(kernel: MemoryKernel, from: "undo" | "redo", to: "undo" | "redo"): Acted {
  const { state } = kernel;
  const step = state[from].pop();
  if (!step) throw new Error(`refused: There is nothing to ${from}.`);
  state[to].push({ words: step.words, branches: state.branches });
  state.branches = step.branches;
  return {
    revision: kernel.changed(),
    message: `${from === "undo" ? "Undid" : "Redid"}: ${step.words}.`,
  };
}

function find(kernel: MemoryKernel, at: { branch: string; turn_id: string; version?: number }) {
  const { turns } = kernel.branch(at.branch);
  const index = turns.findIndex(({ id }) => id === at.turn_id);
  const turn = turns[index];
  if (!turn) throw new Error("not-found: That turn is gone.");
  if (at.version !== undefined && at.version !== turn.version) {
    throw new Error("conflict: This turn was changed elsewhere. Look at it, then save again.");
  }
  /** Amends the turn: branches that share it keep theirs. */
  const amend = (change: Partial<MemoryTurn>) => {
    turns[index] = { ...turn, ...change, version: turn.version + 1 };
  };
  return { turns, index, turn, amend };
}

function fork(kernel: MemoryKernel, key: string, turns: MemoryTurn[], forked_at: number) {
  const { state } = kernel;
  const fresh = `b${state.nextId++}`;
  const name = `${kernel.branch(key).name}-${fresh}`;
  state.branches.push({ key: fresh, name, parent: key, forked_at, starred: false, turns });
  return fresh;
}

export const answers: Answers = {
  summary: ({ state }) => summaryOf(state),
  rows(kernel, { branch, start, stop, filter }) {
    const turns = kernel.branch(branch).turns.length;
    if (!filter || !Object.keys(filter).length) {
      const rows = [];
      for (let at = start; at < Math.min(stop, turns); at++)
        rows.push(rowOf(kernel.state, branch, at));
      return { branch, revision: kernel.state.revision, turns, matched: turns, start, rows };
    }
    const rows = kernel.rows(branch, filter);
    const { revision } = kernel.state;
    return { branch, revision, turns, matched: rows.length, start, rows: rows.slice(start, stop) };
  },
  locate(kernel, { branch, turn_id, filter }) {
    const position = kernel.rows(branch, filter).findIndex((row) => row.turn_id === turn_id);
    return { position: position < 0 ? null : position };
  },
  turn: ({ state }, { branch, turn_id }) => detailOf(state, branch, turn_id),
  history(kernel, { branch, turn_id, start, stop }) {
    const { turns, index } = find(kernel, { branch, turn_id });
    const messages = turns.slice(0, index).map((turn, at) => ({
      title: `turn ${at}`,
      fields: [...Object.keys(turn.inputs), ...Object.keys(turn.outputs)].map((name) =>
        fieldDetail(name, valueIn(turn, name)),
      ),
      changed: Object.keys(turn.edited).length > 0,
    }));
    return { total: messages.length, start, messages: messages.slice(start, stop) };
  },
  prompt(kernel, at) {
    const { turn } = find(kernel, { branch: at.branch, turn_id: at.turn_id });
    const one = (title: string, text: string) => ({
      title,
      fields: [fieldDetail("content", text)],
      changed: false,
    });
    return {
      total: 2,
      start: 0,
      messages: [one("system", "Answer the question."), one("user", valueIn(turn, "question"))],
    };
  },
  text(kernel, { branch, turn_id, field, start, stop, call_id }) {
    const { turn } = find(kernel, { branch, turn_id });
    const call = turn.calls.find((one) => one.call_id === call_id);
    const output = call?.outputs.find(({ name }) => name === field);
    const value = output?.value.text ?? valueIn(turn, field);
    return { text: value.slice(start, stop), length: value.length };
  },
  edit: (kernel, args) =>
    change(kernel, `Edit of ${args.field}`, () => {
      if (args.text === "refuse me") throw new Error("refused: That text is refused.");
      const { turn, amend, turns, index } = find(kernel, args);
      amend({ edited: { ...turn.edited, [args.field]: args.text } });
      for (const later of turns.slice(index + 1)) later.stale = true;
      return undefined;
    }),
  revert: (kernel, args) =>
    change(kernel, `Revert of ${args.field}`, () => {
      const { turn, amend } = find(kernel, args);
      const { [args.field]: _, ...edited } = turn.edited;
      amend({ edited });
      return undefined;
    }),
  score: (kernel, args) =>
    change(kernel, "Score", () => {
      const { amend, turn } = find(kernel, args);
      const { value: score, name: scoreName = "hand", feedback = turn.feedback } = args;
      amend({ score, scoreName, feedback });
      return undefined;
    }),
  annotate: (kernel, { branch, turn_id, version, ...notes }) =>
    change(kernel, "Note", () => {
      find(kernel, { branch, turn_id, version }).amend(notes);
      return undefined;
    }),
  fork: (kernel, { branch, turn_id }) =>
    change(kernel, "Fork", () => {
      const { turns } = kernel.branch(branch);
      const found = turns.findIndex(({ id }) => id === turn_id);
      const index = found < 0 ? turns.length : found;
      return { branch: fork(kernel, branch, turns.slice(0, index), index) };
    }),
  rename: (kernel, { branch, name }) =>
    change(kernel, "Rename", () => {
      kernel.branch(branch).name = name;
      return undefined;
    }),
  star: (kernel, { branch, starred }) =>
    change(kernel, "Star", () => {
      kernel.branch(branch).starred = starred;
      return undefined;
    }),
  prune: (kernel, { branch }) =>
    change(kernel, "Prune", () => {
      const { state } = kernel;
      if (state.branches.length < 2) throw new Error("refused: The last branch cannot be pruned.");
      state.branches = state.branches.filter(({ key }) => key !== branch);
      if (state.current === branch) state.current = state.branches[0]?.key ?? "";
      return undefined;
    }),
  undo: (kernel) => travel(kernel, "undo", "redo"),
  redo: (kernel) => travel(kernel, "redo", "undo"),
  send(kernel, { branch, inputs }) {
    if (Object.values(inputs).includes("refuse me"))
      throw new Error("refused: That message is refused.");
    return job(kernel, "send", "Sending", () => {
      if (Object.values(inputs).includes("fail on me"))
        throw new Error("RuntimeError: the model is away");
      const turn_id = `t${kernel.state.nextId++}`;
      const made = { id: turn_id, inputs, outputs: { answer: "Thanks for asking." }, edited: {} };
      kernel.branch(branch).turns.push(turn(turn_id, "", "", made));
      return { branch, turn_id };
    });
  },
  rerun: (kernel, { branch, turn_id, inputs }) =>
    job(kernel, "rerun", "Re-running", () => {
      const { turns, index, turn } = find(kernel, { branch, turn_id });
      const id = `t${kernel.state.nextId++}`;
      const again = {
        ...turn,
        id,
        inputs: { ...turn.inputs, ...inputs },
        outputs: { answer: "Another answer." },
        edited: {},
        score: null,
      };
      return {
        branch: fork(kernel, branch, [...turns.slice(0, index), again], index),
        turn_id: id,
      };
    }),
  rescore: (kernel, { branch, metric }) =>
    job(kernel, "rescore", `Scoring by ${metric}`, () => {
      for (const turn of kernel.branch(branch).turns) turn.score = 0.5;
      return {};
    }),
  replay: (kernel, { branch, name }) =>
    job(kernel, "replay", "Replaying", () => {
      const again = kernel.branch(branch).turns.map((turn) => ({
        ...{ ...turn, id: `t${kernel.state.nextId++}`, edited: {}, score: null },
        outputs: { answer: "Asked again." },
      }));
      const key = fork(kernel, branch, again, 0);
      if (name) kernel.branch(key).name = name;
      return { branch: key };
    }),
  part: ({ parts }, { name }) => ({ source: parts[name] }),
  tree: (kernel, { search }) => treeOf(kernel, search),
  compare: compared,
  next_difference: nextDifference,
  scores: (kernel, { branch, name }) => scoresOf(kernel, branch, name),
  kept: (kernel, { branch, filter }) => keptOf(kernel, branch, filter.min_score ?? -Infinity),
  nodes: nodesOf,
  ledger: ledgerOf,
  stop: ({ state }) => ({ revision: state.revision, message: "Stopped." }),
  log: (kernel, { start, stop }) => logOf(kernel, start, stop),
  log_text: (kernel, { lines }) => logTextOf(kernel, lines),
  preview_export(kernel, { branch, filter, format }) {
    const rows = kernel.rows(branch, filter).filter(({ excluded }) => !excluded);
    const cells = (row: (typeof rows)[number]) =>
      [...row.inputs, ...row.outputs].map(({ field, text }) => [field, text] as const);
    return {
      rows: rows.length,
      columns: rows[0] ? cells(rows[0]).map(([name]) => name) : [],
      sample: rows.slice(0, 5).map((row) => Object.fromEntries(cells(row))),
      ...{ duplicates: 1, mismatched: 0, excluded: kernel.rows(branch).length - rows.length },
      python: `session.export("${format}")`,
    };
  },
  export(kernel, { branch, filter, target = "" }) {
    const rows = kernel.rows(branch, filter).length;
    return { rows, target, message: `Wrote ${rows} rows to ${target}.` };
  },
};
