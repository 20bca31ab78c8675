/** Gets the second script, with what the first screen does not need, from the kernel. */
import type * as part from "./more";
import type { Part } from "./protocol";
import { shared } from "./shared";
import { signal } from "./signals";
import { announce } from "./store/screen";
import type { Store } from "./store/store";

export type More = typeof part;

/** What the second script exports: how to open it, and the first script that it was built for. */
interface Script {
  readonly build: string;
  readonly default: (shared: readonly unknown[]) => More | Promise<More>;
}

/** Names this build; the second script of another one could not be opened. */
declare const BUILD: string;

/** The second script, when it is here: one for all views of a model. */
export const more = signal<More | undefined>(undefined);
const underway = new WeakMap<Store, Promise<More>>();

/** Does something with the second script: at once when it is here, else when it has come. */
export function withMore(store: Store, use: (more: More) => void): void {
  const here = more.peek();
  if (here) use(here);
  else load(store).then(use, (error) => announce(store, (error as Error).message, true));
}

/** Gets the second script before anyone asks for it; a failure matters only when someone does. */
export function prefetch(store: Store): void {
  load(store).catch(() => {});
}

function load(store: Store): Promise<More> {
  const begun = underway.get(store);
  if (begun) return begun;
  const loading = open(store)
    .then((opened) => {
      more.value = opened;
      store.withoutMore.value = "";
      return opened;
    })
    .catch((error) => {
      underway.delete(store);
      const message = `The rest of the inspector did not load. ${(error as Error).message}`;
      store.withoutMore.value = message;
      throw new Error(message);
    });
  underway.set(store, loading);
  return loading;
}

async function open(store: Store): Promise<More> {
  const { build, default: openWith } = await evaluated(await store.ask("part", { name: "more" }));
  if (build !== BUILD)
    throw new Error(
      "It is of another build than the page: restart the kernel and run the cell again.",
    );
  return openWith(shared());
}

/** As a module, from the kind of address that hosts load the first script from, else another. */
async function evaluated({ source }: Part): Promise<Script> {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    return await import(/* @vite-ignore */ url);
  } catch {
    const data = `data:text/javascript,${encodeURIComponent(source)}`;
    return await import(/* @vite-ignore */ data);
  } finally {
    URL.revokeObjectURL(url);
  }
}
