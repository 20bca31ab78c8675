/** One row for each session that was found; the button in it opens the session. */
import { useLayoutEffect, useRef } from "preact/hooks";
import type { SessionRow } from "../protocol";
import { more, open, type SessionsStore } from "../store";
import { when } from "../when";

const NEAR_END_PX = 200;

export function SessionTable({ store }: { store: SessionsStore }) {
  const rows = store.rows.value;
  const scroller = useRef<HTMLDivElement>(null);
  const wanted = store.refocus.value;
  const had = useRef(wanted);
  useLayoutEffect(() => {
    if (had.current === wanted) return;
    had.current = wanted;
    const button = scroller.current?.querySelector<HTMLElement>('button[tabindex="0"]');
    (button ?? scroller.current)?.focus();
  }, [wanted, rows]);
  const nearEnd = ({ currentTarget: el }: { currentTarget: HTMLElement }) => {
    if (el.scrollHeight - el.scrollTop - el.clientHeight < NEAR_END_PX) void more(store);
  };
  return (
    <div ref={scroller} class="list" tabIndex={-1} onScroll={nearEnd}>
      <table aria-label="Sessions" onKeyDown={(event) => pressed(store, event)}>
        <thead>
          <tr>
            <th scope="col">Session</th>
            <th scope="col">User</th>
            <th scope="col">Said first</th>
            <th scope="col" class="count">
              Turns
            </th>
            <th scope="col" class="count branches">
              Branches
            </th>
            <th scope="col">Last written</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <Row key={row.session_id} store={store} row={row} at={at} />
          ))}
        </tbody>
      </table>
      {!rows.length && <p class="empty dim">{nothing(store)}</p>}
      {store.after.value && (
        <button type="button" class="link next" onClick={() => void more(store)}>
          Show more sessions
        </button>
      )}
    </div>
  );
}

function nothing(store: SessionsStore): string {
  if (store.loading.value) return "…";
  const filtered = Object.keys(store.filter.value).length > 0;
  return filtered ? "No session fits." : "No session is stored yet.";
}

function Row({ store, row, at }: { store: SessionsStore; row: SessionRow; at: number }) {
  const isOpen = store.opened.value?.session_id === row.session_id;
  const archived = row.status === "archived";
  return (
    // The button does the same for the keyboard.
    <tr
      class={`${isOpen ? "open" : ""} ${archived ? "archived" : ""}`}
      onClick={() => {
        store.focus.value = at;
        void open(store, row);
      }}
    >
      <th scope="row">
        <button
          type="button"
          class="link"
          dir="auto"
          tabIndex={at === store.focus.value ? 0 : -1}
          aria-label={`Open session ${row.session_id}`}
          aria-expanded={isOpen}
          onFocus={() => {
            store.focus.value = at;
          }}
        >
          {row.session_id}
        </button>
        {archived && <span class="tag">archived</span>}
      </th>
      <td dir="auto">{row.user ?? "–"}</td>
      <td>
        <div class="text said" dir="auto">
          {row.preview || "–"}
        </div>
        {row.metadata.map(([name, value]) => (
          <span key={name} class="tag" dir="auto">
            {name}: {value}
          </span>
        ))}
      </td>
      <td class="count">{row.turns}</td>
      <td class="count branches">{row.branches}</td>
      <td class="when">
        <time dateTime={row.updated_at} title={row.updated_at}>
          {when(row.updated_at)}
        </time>
      </td>
    </tr>
  );
}

const STEPS: Record<string, number> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 8,
  PageUp: -8,
  Home: -Infinity,
  End: Infinity,
};

function pressed(store: SessionsStore, event: KeyboardEvent): void {
  const step = STEPS[event.key];
  if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const last = store.rows.peek().length - 1;
  const to = store.focus.peek() + step;
  store.focus.value = Math.max(0, Math.min(to, last));
  store.refocus.value++;
  if (to >= last) void more(store);
}
