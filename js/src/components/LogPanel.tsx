/** What was done here, as Python that does it again; whole or by selection it can be copied. */
import { useEffect } from "preact/hooks";
import type { LogWindow } from "../protocol";
import { useSignal } from "../rendering";
import { effect } from "../signals";
import { announce } from "../store/screen";
import type { Store } from "../store/store";
import { copy } from "./ExportPanel";

/** The newest lines; older ones are in what is copied. */
const LINES = 200;

export function LogPanel({ store }: { store: Store }) {
  const log = useSignal<LogWindow | null>(null);
  const chosen = useSignal<ReadonlySet<number>>(new Set());
  const look = () => {
    void store.revision.value;
    let latest = true;
    newest(store).then(
      (found) => {
        if (latest) log.value = found;
      },
      (error) => announce(store, (error as Error).message, true),
    );
    return () => {
      latest = false;
    };
  };
  useEffect(() => effect(look), [store]);

  const take = async (lines?: number[]) => {
    try {
      const { python } = await store.ask("log_text", lines ? { lines } : {});
      copy(store, python);
    } catch (error) {
      announce(store, (error as Error).message, true);
    }
  };
  const toggle = (number: number) => {
    const next = new Set(chosen.peek());
    if (!next.delete(number)) next.add(number);
    chosen.value = next;
  };
  const found = log.value;
  if (!found) return <p class="empty dim">Loading…</p>;
  const { start, total, lines } = found;
  return (
    <section class="panel log" aria-label="Copy as Python">
      <button type="button" class="main" disabled={!total} onClick={() => take()}>
        Copy all
      </button>
      <button
        type="button"
        disabled={!chosen.value.size}
        onClick={() => take([...chosen.peek()].sort((a, b) => a - b))}
      >
        Copy {chosen.value.size || "no"} selected
      </button>
      {!total && <p class="dim">Nothing was done yet. Every action appears here as a line.</p>}
      {start > 0 && <p class="wide dim">… {start} older lines are copied with all.</p>}
      {total > 0 && (
        <ol class="wide" aria-label="Actions as Python" start={start + 1}>
          {lines.map((line, at) => (
            <li key={start + at}>
              <label>
                <input
                  type="checkbox"
                  checked={chosen.value.has(start + at)}
                  onChange={() => toggle(start + at)}
                />
                <code>{line}</code>
              </label>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

async function newest(store: Store): Promise<LogWindow> {
  const { total } = await store.ask("log", { start: 0, stop: 0 });
  return store.ask("log", { start: Math.max(0, total - LINES), stop: total });
}
