// Generated from src/dspy_session/session_table by js/protocol.py. Do not edit.

/** The sessions changed through this manager; ask again for what is on the screen. */
export interface Changed {
  push: "changed";
  revision: number;
}

/** What the kernel says unasked. */
export type Push = Changed;
