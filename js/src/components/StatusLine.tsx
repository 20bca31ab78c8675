/** One polite line that tells what happened, and whether a kernel is there. */
import type { Signal } from "../signals";

const LINKS = {
  live: "",
  silent: "Not connected to a kernel. What is on the screen stays readable.",
  other:
    "The page and the kernel speak different versions. Restart the kernel and run the cell again.",
};

interface Props {
  status: Signal<{ readonly text: string; readonly isError: boolean }>;
  link: Signal<keyof typeof LINKS>;
  tryAgain: () => void;
}

export function StatusLine({ status, link: state, tryAgain }: Props) {
  const { text, isError } = status.value;
  const link = LINKS[state.value];
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
            status.value = { text: "", isError: false };
          }}
        >
          ✕
        </button>
      )}
      {state.value === "silent" && (
        <button type="button" onClick={tryAgain}>
          Try again
        </button>
      )}
    </footer>
  );
}
