// Generated from src/dspy_session/session_table by js/protocol.py. Do not edit.

/** One stored session, as a row of the table. */
export interface SessionRow {
  session_id: string;
  user: string | null;
  status: "active" | "archived";
  turns: number;
  branches: number;
  /** The beginning of what was said first. */
  preview: string;
  /** Names and values as text, the first few. */
  metadata: ([string, string])[];
  /** ISO 8601, UTC. */
  updated_at: string;
}

/** One page of sessions, last written first. */
export interface Listed {
  sessions: SessionRow[];
  /** Ask for the next page with it; null: this is the last one. */
  after: string | null;
}

/** All that the page shows before it asks for anything. */
export interface TableSummary {
  protocol: number;
  /** Counts the changes made through this manager. */
  revision: number;
  /** Which store this is, in words. */
  store: string;
  first: Listed;
}
