/** Loads the part of the page that is not in the first script, once, when it is first used. */
import { signal } from "@preact/signals";
import type * as part from "./more";
import { shared } from "./shared";
import { announce } from "./store/screen";
import type { Store } from "./store/store";

export type More = typeof part;

/** True in the build whose first script leaves `more.ts` to a second one. */
declare const SPLIT: boolean;

type AskPart = (name: "part", args: { name: string }) => Promise<{ source: string }>;

/** The part, when it is here: one for all views of a model. */
export const more = signal<More | undefined>(undefined);
let loading: Promise<More> | undefined;

/** Does something with the part, now if it is here, else when it has arrived. */
export function withMore(store: Store, use: (more: More) => void): void {
  if (more.value) {
    use(more.value);
    return;
  }
  loading ??= SPLIT ? fetchPart(store) : import("./more");
  loading.then(
    (loaded) => {
      more.value = loaded;
      use(loaded);
    },
    (error) => {
      loading = undefined;
      announce(store, (error as Error).message, true);
    },
  );
}

/** The second script, from the kernel: a function of the modules that it shares with the first. */
async function fetchPart(store: Store): Promise<More> {
  const { source } = await (store.ask as unknown as AskPart)("part", { name: "more" });
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    const { default: open } = await import(/* @vite-ignore */ url);
    return open(shared);
  } finally {
    URL.revokeObjectURL(url);
  }
}
