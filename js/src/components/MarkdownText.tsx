/** A text as Markdown; as it is until the script for that is here, and where it cannot be. */
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { focused } from "../focused";
import type * as script from "../markdown";
import { lazy } from "../part";
import { isMarkdown } from "../store/markdown";
import type { Store } from "../store/store";

const fourth = lazy<typeof script>("markdown");

/** How to show a field's text, when that is as Markdown. */
export function markdownOf(store: Store, field: string) {
  if (!isMarkdown(store, field)) return undefined;
  return (text: string) => <MarkdownText store={store} text={text} />;
}

interface Props {
  store: Store;
  text: string;
}

function MarkdownText({ store, text }: Props) {
  const part = fourth.here.value;
  const isLive = store.canAct.value;
  useEffect(() => fourth.use(store, () => {}), [isLive]); // again when a kernel is back
  const elements = useMemo(() => part?.elementsOf(text), [part, text]);
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const here = box.current;
    if (!here || !elements) return;
    const had = here.contains(focused(here));
    here.replaceChildren(elements);
    // What had the keyboard is gone; the notebook must not get it.
    if (had) here.closest<HTMLElement>(".detail")?.focus({ preventScroll: true });
  }, [elements]);
  if (elements) return <div class="markdown" dir="auto" ref={box} />;
  return (
    <>
      <div class="text" dir="auto">
        {text}
      </div>
      {part && (
        <span class="dim">As plain text: as Markdown it would take too long, or lose words.</span>
      )}
    </>
  );
}
