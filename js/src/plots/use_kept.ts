/** What a threshold would keep, asked of the kernel: the last wish counts, one question at a time. */
import { useEffect, useRef } from "preact/hooks";
import type { Filter, Kept } from "../protocol";
import { useSignal } from "../rendering";
import type { Store } from "../store/store";

export function useKept(store: Store, branch: string, filter: Filter): Kept | null {
  const kept = useSignal<Kept | null>(null);
  const busy = useRef(false);
  const wish = useRef("");
  const revision = store.revision.value;
  const wanted = JSON.stringify([branch, filter, revision]);
  useEffect(() => {
    wish.current = wanted;
    const ask = async () => {
      if (busy.current) return;
      busy.current = true;
      try {
        let asked: string;
        do {
          asked = wish.current;
          const [on, by] = JSON.parse(asked) as [string, Filter];
          kept.value = await store.ask("kept", { branch: on, filter: by });
        } while (asked !== wish.current);
      } catch {
        kept.value = null; // the branch is gone, or no kernel answers: the store tells of it
      } finally {
        busy.current = false;
      }
    };
    void ask();
  }, [wanted]);
  return kept.value;
}
