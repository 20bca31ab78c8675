// Generated from src/dspy_session/inspector by js/protocol.py. Do not edit.

export * from "./protocol/a_saved_page";
export * from "./protocol/comparison";
export * from "./protocol/envelopes";
export * from "./protocol/expanded_turn";
export * from "./protocol/log_of_actions";
export * from "./protocol/long_actions";
export * from "./protocol/nodes";
export * from "./protocol/requests";
export * from "./protocol/scores";
export * from "./protocol/shown";
export * from "./protocol/tree";

/** Raised on every incompatible change. A page built for another version asks for a restart. */
export const PROTOCOL_VERSION = 1;

/** The most characters of a field that a row carries; the full text comes on expansion. */
export const PREVIEW_CHARS = 400;

/** The most characters of a text in one answer; the rest is fetched with ``text`` by range. */
export const TEXT_CHARS = 200000;

/** The longest text that one edit may carry; a longer one is refused and nothing changes. */
export const EDIT_CHARS = 1000000;
