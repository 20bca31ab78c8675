/** Keeps the rows still from the moment a pointer is pressed on them until its click is over. */
import { useLayoutEffect } from "preact/hooks";
import { still } from "../still";

/** A press that lasts longer is no click. */
const LONGEST_MS = 1_000;
const ENDS = ["pointerup", "pointercancel"] as const;

export function usePresses(rows: { readonly current: HTMLElement | null }): void {
  useLayoutEffect(() => {
    const element = rows.current;
    element?.addEventListener("pointerdown", hold, { capture: true, passive: true });
    return () => element?.removeEventListener("pointerdown", hold, { capture: true });
  }, [rows]);
}

function hold(): void {
  const ended = new AbortController();
  const until = new Promise<void>((resolve) => {
    const release = () => {
      ended.abort();
      clearTimeout(timer);
      if (still.until === until) still.until = undefined;
      resolve();
    };
    const timer = setTimeout(release, LONGEST_MS);
    const { signal } = ended;
    // The click comes right after, in the same task.
    for (const end of ENDS)
      addEventListener(end, () => setTimeout(release), { capture: true, signal });
  });
  still.until = until;
}
