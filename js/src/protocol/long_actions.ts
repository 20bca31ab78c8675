// Generated from src/dspy_session/inspector by js/protocol.py. Do not edit.

/** Say something on a branch: a value in text form for each input field. */
export interface SendArgs {
  branch: string;
  inputs: Record<string, string>;
}

/** The same turn again with a fresh rollout, on a new branch; ``inputs`` replaces some. */
export interface RerunArgs {
  branch: string;
  turn_id: string;
  inputs?: Record<string, string>;
}

export interface RescoreArgs {
  branch: string;
  metric: string;
}

/** Every input of a branch again, on a new branch; one is named when ``name`` is absent. */
export interface ReplayArgs {
  branch: string;
  name?: string;
}

export interface StopArgs {
  job: number;
}
