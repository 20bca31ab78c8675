/** All state of one view of the table of sessions. */

import { type AskOf, connect, SilentError, type Wire } from "../client";
import { batch, type Signal, signal } from "../signals";
import {
  type ListArgs,
  type Listed,
  type Opened,
  PROTOCOL_VERSION,
  type Push,
  type Requests,
  type SessionRow,
  type TableSummary,
} from "./protocol";

const READS = ["list", "open"] as const;
/** The most pages that are read again when something has changed. */
const PAGES_AGAIN = 10;

export interface Announcement {
  readonly text: string;
  readonly isError: boolean;
}

export interface SessionsStore {
  readonly ask: AskOf<Requests>;
  readonly store: Signal<string>;
  readonly rows: Signal<readonly SessionRow[]>;
  /** Where the next page begins; null: all is here. */
  readonly after: Signal<string | null>;
  readonly filter: Signal<ListArgs>;
  readonly loading: Signal<boolean>;
  /** The row that has the table's one tab stop. */
  readonly focus: Signal<number>;
  /** Raised when the keyboard is to go to `focus`. */
  readonly refocus: Signal<number>;
  readonly opened: Signal<Opened | null>;
  readonly link: Signal<"live" | "silent" | "other">;
  readonly status: Signal<Announcement>;
}

/** Opens a view's store on a comm. `close` ends its listening. */
export function openStore(wire: Wire, summary: TableSummary, timeout?: number) {
  const link = signal<"live" | "silent" | "other">(
    summary.protocol === PROTOCOL_VERSION ? "live" : "other",
  );
  let revision = summary.revision;
  const channel = connect<Requests, Push>(
    wire,
    {
      push: () => void again(store),
      revision: (newer) => {
        revision = Math.max(revision, newer);
      },
      alive: (alive) => {
        if (link.peek() !== "other") link.value = alive ? "live" : "silent";
      },
    },
    timeout,
    READS,
  );
  const store: SessionsStore = {
    ask: channel.ask,
    store: signal(summary.store),
    rows: signal<readonly SessionRow[]>(summary.first.sessions),
    after: signal(summary.first.after),
    filter: signal<ListArgs>({}),
    loading: signal(false),
    focus: signal(0),
    refocus: signal(0),
    opened: signal<Opened | null>(null),
    link,
    status: signal<Announcement>({ text: "", isError: false }),
  };
  return {
    store,
    take(newer: TableSummary) {
      if (newer.revision > revision) void again(store);
      revision = Math.max(revision, newer.revision);
    },
    lost() {
      link.value = "silent";
    },
    /** What a saved notebook holds may be old: asks for what there is now. */
    probe() {
      void again(store);
    },
    close() {
      const { session_id } = store.opened.peek() ?? {};
      if (session_id !== undefined) store.ask("close", { session_id }).catch(() => {});
      channel.close();
    },
  };
}

export function announce(store: SessionsStore, text: string, isError = false): void {
  store.status.value = { text, isError };
}

function complain(store: SessionsStore, error: unknown): void {
  // The status line says already that no kernel answers.
  if (!(error instanceof SilentError)) announce(store, (error as Error).message, true);
}

/** The last wish of each view; an answer to an earlier one comes too late to count. */
const wishes = new WeakMap<SessionsStore, number>();

async function read(store: SessionsStore, pages: (wanted: () => boolean) => Promise<void>) {
  const wish = (wishes.get(store) ?? 0) + 1;
  wishes.set(store, wish);
  store.loading.value = true;
  try {
    await pages(() => wishes.get(store) === wish);
  } catch (error) {
    if (wishes.get(store) === wish) complain(store, error);
  } finally {
    if (wishes.get(store) === wish) store.loading.value = false;
  }
}

/** Shows other sessions; an empty part of the filter is no part. */
export function refine(store: SessionsStore, change: Record<string, string>): Promise<void> {
  const parts = Object.entries({ ...store.filter.peek(), ...change });
  const filter = Object.fromEntries(parts.filter(([, part]) => part)) as ListArgs;
  store.filter.value = filter;
  return read(store, async (wanted) => {
    const { sessions, after } = await store.ask("list", filter);
    if (!wanted()) return;
    batch(() => {
      store.rows.value = sessions;
      store.after.value = after;
      store.focus.value = 0;
    });
    const more = after ? "the first " : "";
    announce(store, `${more}${sessions.length} session${sessions.length === 1 ? "" : "s"} shown`);
  });
}

/** Reads what is on the screen again. */
export function again(store: SessionsStore): Promise<void> {
  const filter = store.filter.peek();
  const had = store.rows.peek().length;
  return read(store, async (wanted) => {
    const rows: SessionRow[] = [];
    let after: string | null = null;
    for (let page = 0; page < PAGES_AGAIN; page++) {
      const found: Listed = await store.ask("list", after ? { ...filter, after } : filter);
      rows.push(...found.sessions);
      after = found.after;
      if (!after || rows.length >= had) break;
    }
    if (!wanted()) return;
    batch(() => {
      store.rows.value = rows;
      store.after.value = after;
      store.focus.value = Math.min(store.focus.peek(), Math.max(0, rows.length - 1));
    });
  });
}

/** Adds the next page, if there is one. */
export function more(store: SessionsStore): Promise<void> {
  const after = store.after.peek();
  if (!after || store.loading.peek()) return Promise.resolve();
  return read(store, async (wanted) => {
    const found = await store.ask("list", { ...store.filter.peek(), after });
    if (!wanted()) return;
    // A session that was written meanwhile has moved to the top, and is shown where it was.
    const here = new Set(store.rows.peek().map((row) => row.session_id));
    const fresh = found.sessions.filter((row) => !here.has(row.session_id));
    batch(() => {
      store.rows.value = [...store.rows.peek(), ...fresh];
      store.after.value = found.after;
    });
  });
}

export async function open(store: SessionsStore, row: SessionRow): Promise<void> {
  announce(store, `Opening ${row.session_id} …`);
  try {
    const opened = await store.ask("open", { session_id: row.session_id });
    const before = store.opened.peek();
    store.opened.value = opened;
    announce(store, `${row.session_id} is open below.`);
    if (before && before.session_id !== opened.session_id) {
      store.ask("close", { session_id: before.session_id }).catch(() => {});
    }
  } catch (error) {
    complain(store, error);
  }
}

export function shut(store: SessionsStore): void {
  const opened = store.opened.peek();
  if (!opened) return;
  const { session_id } = opened;
  store.opened.value = null;
  announce(store, `${session_id} is closed.`);
  store.ask("close", { session_id }).catch(() => {});
  const at = store.rows.peek().findIndex((row) => row.session_id === session_id);
  if (at >= 0) store.focus.value = at;
  store.refocus.value++;
}

/** Puts a session aside, or takes it back. */
export async function setArchived(store: SessionsStore, archived: boolean): Promise<void> {
  const opened = store.opened.peek();
  if (!opened) return;
  const { session_id } = opened;
  try {
    const { message } = await store.ask("set_status", { session_id, archived });
    announce(store, message);
    const status = archived ? "archived" : "active";
    if (store.opened.peek() === opened) store.opened.value = { ...opened, status };
  } catch (error) {
    complain(store, error);
  }
}

/** Takes a session away for good. */
export async function remove(store: SessionsStore): Promise<void> {
  const opened = store.opened.peek();
  const row = store.rows.peek().find((one) => one.session_id === opened?.session_id);
  if (!row) return;
  try {
    const { session_id, turns } = row;
    const { message } = await store.ask("delete", { session_id, turns });
    store.opened.value = null;
    announce(store, message);
    store.refocus.value++;
  } catch (error) {
    complain(store, error);
  }
}
