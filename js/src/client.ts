/** The request and reply channel over the widget's one comm. */
import type { Problem, Push, Reply, Requests } from "./protocol";

/** What can be asked of a kernel: names, each with its arguments and its result. */
export type Asked<R> = { [K in keyof R]: { args: unknown; result: unknown } };
export type AskOf<R extends Asked<R>> = <K extends keyof R>(
  name: K,
  args: R[K]["args"],
) => Promise<R[K]["result"]>;

export type Name = keyof Requests;
export type Args<K extends Name> = Requests[K]["args"];
export type Result<K extends Name> = Requests[K]["result"];
export type Ask = AskOf<Requests>;

/** The part of a widget model that messages travel through. */
export interface Wire {
  // biome-ignore lint/suspicious/noExplicitAny: the host passes whatever arrived
  on(event: string, hear: (...heard: any[]) => void): void;
  // biome-ignore lint/suspicious/noExplicitAny: the host passes whatever arrived
  off(event: string, hear: (...heard: any[]) => void): void;
  send(content: unknown): void;
}

/** What a page wants to know beside the answers to its questions. */
export interface Hears<P = Push> {
  push(push: P): void;
  /** The kernel is at this revision: it said so in an answer. */
  revision(revision: number): void;
  /** True when anything arrived, false when an answer did not come in time. */
  alive(alive: boolean): void;
}

/** The kernel said no, and why. Nothing was changed. */
export class RefusedError extends Error {
  readonly tag = "refused";
  constructor(
    readonly code: Problem["code"],
    message: string,
  ) {
    super(message);
  }
}

/** The kernel did not answer: it is gone, or busy for longer than we wait. */
export class SilentError extends Error {
  readonly tag = "silent";
  constructor(ask: string) {
    super(`The kernel did not answer (${ask}). Try again when it is idle.`);
  }
}

const TIMEOUT_MS = 10_000;
const READS: readonly Name[] = [
  "summary",
  "rows",
  "locate",
  "turn",
  "history",
  "prompt",
  "text",
  "log",
  "log_text",
  "preview_export",
  "part",
  "tree",
  "compare",
  "next_difference",
  "scores",
  "kept",
  "nodes",
  "ledger",
];

// Every view of a model hears every answer, in other windows too: numbers must not meet.
let seq = Math.floor(Math.random() * 2 ** 40);

/** Opens the channel. A read is repeated once when its answer does not come; an action never is. */
export function connect<R extends Asked<R> = Requests, P = Push>(
  wire: Wire,
  hears: Hears<P>,
  timeout = TIMEOUT_MS,
  reads = READS as readonly (keyof R)[],
) {
  const waiting = new Map<number, (reply: Reply) => void>();

  const receive = (message: Partial<Reply> & { push?: unknown }) => {
    hears.alive(true);
    if (message.push) hears.push(message as P);
    else if (message.re !== undefined) waiting.get(message.re)?.(message as Reply);
  };
  wire.on("msg:custom", receive);

  const once: AskOf<R> = (ask, args) =>
    new Promise((resolve, reject) => {
      const number = seq++;
      const silent = () => {
        waiting.delete(number);
        hears.alive(false);
        reject(new SilentError(String(ask)));
      };
      const timer = setTimeout(silent, timeout);
      waiting.set(number, (reply) => {
        clearTimeout(timer);
        waiting.delete(number);
        hears.revision(reply.revision);
        if (reply.error) reject(new RefusedError(reply.error.code, reply.error.message));
        else resolve(reply.result as never);
      });
      try {
        wire.send({ ask, seq: number, args });
      } catch {
        // Without a kernel some hosts throw here: the same as no answer, only sooner.
        clearTimeout(timer);
        silent();
      }
    });

  const ask: AskOf<R> = (name, args) => {
    const first = once(name, args);
    if (!reads.includes(name)) return first;
    return first.catch((error) => {
      if (error instanceof SilentError) return once(name, args);
      throw error;
    });
  };

  return {
    ask,
    close() {
      wire.off("msg:custom", receive);
      for (const number of waiting.keys()) waiting.delete(number);
    },
  };
}
