/** All state of one view in one place: from the kernel, of the screen, and what follows from both. */

import { type Ask, connect, type Wire } from "../client";
import { more } from "../part";
import type { BranchView, FieldSpec, Finished, Push, Summary } from "../protocol";
import { computed, effect, type ReadonlySignal } from "../signals";
import type { DetailCache } from "./details";
import { type FromKernel, fromKernel, summaryFollower, takeSummary } from "./kernel";
import { showBranch } from "./navigation";
import { Rows } from "./rows";
import { type OfTheScreen, ofTheScreen } from "./screen";

export interface Column extends FieldSpec {
  readonly side: "inputs" | "outputs";
}

export interface Derived {
  readonly view: ReadonlySignal<BranchView | undefined>;
  /** One per input and output field, in the order of the cells. */
  readonly columns: ReadonlySignal<readonly Column[]>;
  readonly canAct: ReadonlySignal<boolean>;
  readonly filtered: ReadonlySignal<boolean>;
}

export interface Store extends FromKernel, OfTheScreen, Derived {
  readonly ask: Ask;
  readonly details: DetailCache;
  /** Jobs that this view began, with what to do when they end. */
  readonly ownJobs: Map<number, (end: Finished) => void>;
  /** Ends that came before the answer that told their job's number. */
  readonly earlyEnds: Map<number, Finished>;
}

/** Opens a view's store on a comm. `close` ends its listening. */
export function openStore(wire: Wire, summary: Summary, timeout?: number) {
  const kernel = fromKernel(summary);
  const channel = connect(
    wire,
    {
      push: (push) => hearPush(store, push),
      revision: (revision) => hearRevision(revision),
      alive: (alive) => {
        if (kernel.link.peek() !== "other") kernel.link.value = alive ? "live" : "silent";
      },
    },
    timeout,
  );
  const { ask } = channel;
  const rows = new Rows(ask, kernel.revision, summary.branch, {});
  rows.accept(summary.head);
  const screen = ofTheScreen(summary.branch, rows, summary.metrics[0] ?? "");

  const store: Store = {
    ...kernel,
    ...screen,
    ask,
    details: new Map(),
    ownJobs: new Map(),
    earlyEnds: new Map(),
    view: computed(() => kernel.summary.value.branches.find((b) => b.key === screen.branch.value)),
    columns: computed(() => {
      const { inputs, outputs } = kernel.summary.value;
      return [
        ...inputs.map((field) => ({ ...field, side: "inputs" as const })),
        ...outputs.map((field) => ({ ...field, side: "outputs" as const })),
      ];
    }),
    canAct: computed(() => kernel.link.value === "live" && kernel.summary.value.can_edit),
    filtered: computed(() => Object.keys(screen.filter.value).length > 0),
  };

  const follow = summaryFollower(kernel, ask);
  const hearRevision = (revision: number) => {
    if (!(revision > kernel.revision.peek())) return;
    kernel.revision.value = revision;
    follow();
  };
  const stopFollowing = effect(() => {
    // The branch on the screen was pruned: show the one the conversation is on.
    const { branches, branch } = kernel.summary.value;
    const here = screen.branch.peek();
    if (here !== branch && !branches.some(({ key }) => key === here))
      void showBranch(store, branch);
  });

  return {
    store,
    take(newer: Summary) {
      takeSummary(kernel, newer);
      const shown = screen.rows.peek();
      if (shown.branch === newer.head.branch && !Object.keys(shown.filter).length) {
        shown.accept(newer.head);
      }
    },
    lost() {
      kernel.link.value = "silent";
    },
    /** Asks for nothing, to learn whether a kernel is there. */
    probe() {
      const { branch } = screen.rows.peek();
      ask("rows", { branch, start: 0, stop: 0 }).catch(() => {});
    },
    close() {
      stopFollowing();
      channel.close();
    },
  };

  function hearPush({ jobs, running }: Store, push: Push) {
    if (push.push === "changed") hearRevision(push.revision);
    else if (push.push === "finished") {
      jobs.value = jobs.peek().filter(({ id }) => id !== push.job);
      more.peek()?.jobFinished(store, push);
    } else {
      jobs.value = push.jobs;
      running.value = push.running;
    }
  }
}
