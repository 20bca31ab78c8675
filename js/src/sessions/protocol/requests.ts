// Generated from src/dspy_session/session_table by js/protocol.py. Do not edit.

import type { Listed } from "./shown";

/** Which sessions; an absent key does not filter. */
export interface ListArgs {
  /** Said in the session, on any branch; or the session's whole id. */
  search?: string;
  user?: string;
  status?: "active" | "archived";
  after?: string;
}

export interface OpenArgs {
  session_id: string;
}

/** A session's inspector is ready: the model of its widget. */
export interface Opened {
  session_id: string;
  model: string;
  status: "active" | "archived";
}

/** The session that was open is no longer shown. */
export interface CloseArgs {
  session_id: string;
}

/** Put a session aside, or take it back. */
export interface StatusArgs {
  session_id: string;
  archived: boolean;
}

/** Take a session away for good, unless it has more turns now than were shown. */
export interface DeleteArgs {
  session_id: string;
  turns: number;
}

/** An action was done. */
export interface Done {
  /** For the status line. */
  message: string;
}

/** Name of each request to the types of its arguments and of its result. */
export interface Requests {
  list: { args: ListArgs; result: Listed };
  open: { args: OpenArgs; result: Opened };
  close: { args: CloseArgs; result: Done };
  set_status: { args: StatusArgs; result: Done };
  delete: { args: DeleteArgs; result: Done };
}
