// Generated from src/dspy_session/inspector by js/protocol.py. Do not edit.

/** Some consecutive lines of the log, 0 = oldest. */
export interface LogArgs {
  start: number;
  stop: number;
}

/** What was done in the inspector, each step a statement of Python. */
export interface LogWindow {
  total: number;
  start: number;
  /** Long ones are shortened; ``log_text`` gives them whole. */
  lines: string[];
}

/** The log as a program; ``lines`` chooses some of it, by number. */
export interface LogTextArgs {
  lines?: number[];
}

export interface LogText {
  python: string;
}
