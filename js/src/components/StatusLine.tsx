/** One polite line that tells what happened, and whether a kernel is there. */
import type { Store } from "../store/store";

const LINKS = {
  live: "",
  silent: "Not connected to a kernel. What is on the screen stays readable.",
  other:
    "The page and the kernel speak different versions. Restart the kernel and run the cell again.",
};

export function StatusLine({ store }: { store: Store }) {
  const { text, isError } = store.status.value;
  const link = LINKS[store.link.value];
  return (
    <footer>
      <div role="status" aria-label="Status" class={isError ? "error" : ""} dir="auto">
        {link || (isError && "⚠ ") || null}
        {!link && text}
      </div>
      {!link && isError && (
        <button
          type="button"
          class="icon"
          aria-label="Dismiss"
          onClick={() => {
            store.status.value = { text: "", isError: false };
          }}
        >
          ✕
        </button>
      )}
      {store.link.value === "silent" && (
        <button type="button" onClick={() => void store.ask("summary", {}).catch(() => {})}>
          Try again
        </button>
      )}
    </footer>
  );
}
