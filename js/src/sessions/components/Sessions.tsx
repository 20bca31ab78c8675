/** The whole table of sessions: what to look for, the rows, the opened one, the status line. */
import { StatusLine } from "../../components/StatusLine";
import type { Show } from "../embed";
import { again, type SessionsStore, shut } from "../store";
import { Lookup } from "./Lookup";
import { OpenedSession } from "./OpenedSession";
import { SessionTable } from "./SessionTable";

// The notebook must not act on what is typed here; the attribute in suppress.ts does the rest.
const keep = (event: Event) => event.stopPropagation();

export function Sessions({ store, show }: { store: SessionsStore; show: Show }) {
  const close = (event: KeyboardEvent) => {
    if (event.key === "Escape" && store.opened.value && !event.defaultPrevented) shut(store);
    keep(event);
  };
  const opened = store.opened.value;
  return (
    <section
      class="inspector sessions"
      aria-label="Stored sessions"
      onKeyDown={close}
      onKeyPress={keep}
      onKeyUp={keep}
    >
      <Lookup store={store} />
      <SessionTable store={store} />
      {opened && <OpenedSession key={opened.model} store={store} opened={opened} show={show} />}
      <StatusLine status={store.status} link={store.link} tryAgain={() => void again(store)} />
    </section>
  );
}
