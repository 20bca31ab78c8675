/** Gets later scripts, with what the first screen does not need, from the kernel. */
import type * as part from "./more";
import type { Part, PartArgs } from "./protocol";
import { shared } from "./shared";
import { signal } from "./signals";
import { announce } from "./store/screen";
import type { Store } from "./store/store";

export type More = typeof part;

/** What a later script exports: how to open it, and the first script that it was built for. */
interface Script<T> {
  readonly build: string;
  readonly default: (...shared: readonly unknown[]) => T | Promise<T>;
}

/** Names this build; a later script of another one could not be opened. */
declare const BUILD: string;

/** Scripts that a saved page brings along. */
export const bundled: Partial<Record<PartArgs["name"], unknown>> = {};

/** A script that is fetched when it is first used. */
export function lazy<T>(name: PartArgs["name"], given?: () => readonly unknown[]) {
  /** The script, when it is here: one for all views of a model. */
  const here = signal<T | undefined>(undefined);
  const underway = new WeakMap<Store, Promise<T>>();

  const load = (store: Store): Promise<T> => {
    const begun = underway.get(store);
    if (begun) return begun;
    const loading = open<T>(store, name, given)
      .then((opened) => {
        store.withoutMore.value = "";
        // Two views may have asked: the first answer counts, or what is open would begin anew.
        here.value ??= opened;
        return here.value;
      })
      .catch((error) => {
        underway.delete(store);
        const message = `The rest of the inspector did not load. ${(error as Error).message}`;
        store.withoutMore.value = message;
        throw new Error(message);
      });
    underway.set(store, loading);
    return loading;
  };

  /** Does something with the script: at once when it is here, else when it has come. */
  const use = (store: Store, work: (script: T) => void): void => {
    const opened = here.peek();
    if (opened) work(opened);
    else load(store).then(work, (error) => announce(store, (error as Error).message, true));
  };
  return { here, load, use };
}

const second = lazy<More>("more");
export const more = second.here;
export const withMore = second.use;

/** Gets the second script before anyone asks for it; a failure matters only when someone does. */
export function prefetch(store: Store): void {
  if (!more.peek()) second.load(store).catch(() => {});
}

async function open<T>(
  store: Store,
  name: PartArgs["name"],
  given: (() => readonly unknown[]) | undefined,
): Promise<T> {
  if (bundled[name]) return bundled[name] as T;
  const { build, default: openWith } = await evaluated<T>(await store.ask("part", { name }));
  if (build !== BUILD)
    throw new Error(
      "It is of another build than the page: restart the kernel and run the cell again.",
    );
  return openWith(shared(), given?.());
}

/** As a module, from the kind of address that hosts load the first script from, else another. */
async function evaluated<T>({ source }: Part): Promise<Script<T>> {
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
