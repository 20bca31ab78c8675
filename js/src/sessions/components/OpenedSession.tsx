/** The opened session: what can be done with it as a whole, and its inspector. */
import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "../../rendering";
import type { Show } from "../embed";
import type { Opened } from "../protocol";
import { announce, remove, type SessionsStore, setArchived, shut } from "../store";

interface Props {
  store: SessionsStore;
  opened: Opened;
  show: Show;
}

export function OpenedSession({ store, opened, show }: Props) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let over = false;
    let hide: (() => void) | undefined;
    const shown = place.current ? show(opened.model, place.current) : undefined;
    shown?.then(
      (done) => {
        hide = done;
        if (over) done();
      },
      (error) => announce(store, `It cannot be shown here: ${(error as Error).message}`, true),
    );
    return () => {
      over = true;
      hide?.();
    };
  }, [opened.model]);
  const archived = opened.status === "archived";
  return (
    <section class="opened" aria-label={`Session ${opened.session_id}`}>
      <div class="bar">
        <b class="title" dir="auto">
          {opened.session_id}
        </b>
        {archived && <span class="tag">archived: it takes no changes</span>}
        <span class="push" />
        <button type="button" onClick={() => void setArchived(store, !archived)}>
          {archived ? "Unarchive" : "Archive"}
        </button>
        <Delete store={store} />
        <button type="button" onClick={() => shut(store)}>
          Close
        </button>
      </div>
      <div ref={place} />
    </section>
  );
}

/** Asks once more, in its own place. */
function Delete({ store }: { store: SessionsStore }) {
  const asking = useSignal(false);
  if (!asking.value) {
    return (
      <button
        type="button"
        onClick={() => {
          asking.value = true;
        }}
      >
        Delete …
      </button>
    );
  }
  return (
    <>
      <span>Delete it for good?</span>
      <button type="button" class="main" onClick={() => void remove(store)}>
        Delete for good
      </button>
      <button
        type="button"
        onClick={() => {
          asking.value = false;
        }}
      >
        Keep
      </button>
    </>
  );
}
