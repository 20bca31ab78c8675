// Generated from src/dspy_session/session_table by js/protocol.py. Do not edit.

export * from "./protocol/envelopes";
export * from "./protocol/requests";
export * from "./protocol/shown";

/** Raised on every incompatible change. A page built for another version asks for a restart. */
export const PROTOCOL_VERSION = 1;

/** Sessions in one answer. */
export const PAGE_ROWS = 50;

/** The most characters of what was said first that a row carries. */
export const PREVIEW_CHARS = 200;
