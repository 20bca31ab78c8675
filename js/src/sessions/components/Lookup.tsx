/** Which sessions to show: by what was said in them, by user, by status. */
import { useRef } from "preact/hooks";
import { Pick } from "../../components/Pick";
import { again, refine, type SessionsStore } from "../store";

const DELAY_MS = 250;
const STATUSES = [
  ["", "any status"],
  ["active", "active"],
  ["archived", "archived"],
] as const;

export function Lookup({ store }: { store: SessionsStore }) {
  const filter = store.filter.value;
  const rows = store.rows.value;
  const users = [...new Set(rows.map((row) => row.user))].filter((user) => user !== null);
  return (
    <header>
      <b class="title" dir="auto">
        Sessions
      </b>
      <span class="dim" dir="auto">
        {store.store.value}
      </span>
      <span class="push" />
      <Box
        store={store}
        part="search"
        type="search"
        label="Search sessions"
        hint="Said, or an id"
      />
      <Box store={store} part="user" label="User" hint="User" list="users" />
      <datalist id="users">
        {users.map((user) => (
          <option key={user} value={user} />
        ))}
      </datalist>
      <Pick
        label="Status"
        value={filter.status ?? ""}
        options={STATUSES}
        onPick={(status) => void refine(store, { status })}
      />
      <button type="button" class="icon" aria-label="Read again" onClick={() => void again(store)}>
        ⟳
      </button>
    </header>
  );
}

interface BoxProps {
  store: SessionsStore;
  part: "search" | "user";
  label: string;
  hint: string;
  type?: "search" | "text";
  list?: string;
}

function Box({ store, part, label, hint, type = "text", list }: BoxProps) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const look = (text: string, delay = DELAY_MS) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void refine(store, { [part]: text.trim() }), delay);
  };
  return (
    <input
      type={type}
      class={part}
      aria-label={label}
      placeholder={hint}
      list={list}
      onInput={(event) => look(event.currentTarget.value)}
      onKeyDown={(event) => {
        const box = event.currentTarget;
        if (event.key === "Enter") look(box.value, 0);
        if (event.key !== "Escape" || !box.value) return;
        event.preventDefault();
        box.value = "";
        look("", 0);
      }}
    />
  );
}
