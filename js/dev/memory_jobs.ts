/** The long actions of the kernel in memory. */
import type { MemoryKernel } from "./memory_kernel";

/** A job that is over at once, told by a push. */
export function job(
  kernel: MemoryKernel,
  kind: "send" | "rerun" | "rescore" | "replay",
  label: string,
  work: () => { branch?: string; turn_id?: string },
) {
  const { state } = kernel;
  const begun = { id: state.nextId++, kind, label, branch: state.current, done: 0, total: 0 };
  setTimeout(() => {
    const end = { push: "finished", job: begun.id };
    try {
      const made = work();
      kernel.changed();
      kernel.say({ ...end, outcome: "done", message: `${label}: done.`, ...made });
    } catch (error) {
      kernel.say({ ...end, outcome: "failed", message: (error as Error).message });
    }
  }, 5);
  return { job: begun };
}
