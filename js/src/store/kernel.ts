/** What the page knows from the kernel: the summary, its revision, and whether anyone answers. */

import type { Ask } from "../client";
import { type Job, PROTOCOL_VERSION, type RunningTurn, type Summary } from "../protocol";
import { batch, type Signal, signal } from "../signals";

export interface FromKernel {
  readonly summary: Signal<Summary>;
  /** The newest revision heard of; what is shown may be older for a moment. */
  readonly revision: Signal<number>;
  readonly jobs: Signal<readonly Job[]>;
  readonly running: Signal<readonly RunningTurn[]>;
  /** `silent`: no kernel answers. `other`: it speaks another version of the protocol. */
  readonly link: Signal<"live" | "silent" | "other">;
}

const COALESCE_MS = 40;

export function fromKernel(summary: Summary): FromKernel {
  return {
    summary: signal(summary),
    revision: signal(summary.revision),
    jobs: signal(summary.jobs),
    running: signal(summary.running),
    link: signal(summary.protocol === PROTOCOL_VERSION ? "live" : "other"),
  };
}

/** A newer summary takes the place of the one we have; an older one is ignored. */
export function takeSummary(kernel: FromKernel, summary: Summary): void {
  batch(() => {
    if (summary.protocol !== PROTOCOL_VERSION) kernel.link.value = "other";
    else if (summary.revision >= kernel.summary.peek().revision) {
      kernel.summary.value = summary;
      kernel.jobs.value = summary.jobs;
      kernel.running.value = summary.running;
      kernel.revision.value = Math.max(kernel.revision.peek(), summary.revision);
    }
  });
}

/** Asks for the summary when the kernel is ahead of ours; many calls make one request. */
export function summaryFollower(kernel: FromKernel, ask: Ask) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const follow = () => {
    timer = undefined;
    if (kernel.summary.peek().revision >= kernel.revision.peek()) return;
    ask("summary", {}).then(
      (summary) => takeSummary(kernel, summary),
      () => {}, // the channel has said so; the next change asks again
    );
  };
  return () => {
    // The trait usually comes by itself a moment later: then there is nothing left to ask.
    if (timer === undefined) timer = setTimeout(follow, COALESCE_MS);
  };
}
