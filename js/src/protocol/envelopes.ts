// Generated from src/dspy_session/inspector by js/protocol.py. Do not edit.

import type { Job, RunningTurn } from "./shown";

export interface Request {
  ask: string;
  seq: number;
  args: Record<string, unknown>;
}

/** Why a request was refused, and what to do. Nothing was changed. */
export interface Problem {
  code: "bad-request" | "not-found" | "conflict" | "refused" | "failed";
  message: string;
}

export interface Reply {
  re: number;
  revision: number;
  result?: unknown;
  error?: Problem;
}

/** The conversation is now at ``revision``; ask for what is on the screen. */
export interface Changed {
  push: "changed";
  revision: number;
}

export interface Progress {
  push: "progress";
  jobs: Job[];
  running: RunningTurn[];
}

/** A long action ended: done, stopped by hand, or failed. ``message`` is for the status line. */
export interface Finished {
  push: "finished";
  job: number;
  outcome: "done" | "stopped" | "failed";
  message: string;
  branch?: string;
  turn_id?: string;
}

export type Push = Changed | Progress | Finished;
