/** The beginning of a field's value in a row, six lines at most. */
import type { Preview } from "../protocol";
import { toggleExpanded } from "../store/screen";
import type { Store } from "../store/store";
import { count } from "./format";

const LINES = 6;
/** Characters that surely fit on six lines of the narrowest column. */
const CHARS_PER_LINE = 44;

/** Lines that a reader does not see: those left out, and those below the clamp. */
function hiddenLines({ text, more_lines, more_chars }: Preview): number {
  let lines = more_lines;
  for (const line of text.split("\n"))
    lines += Math.max(1, Math.ceil(line.length / CHARS_PER_LINE));
  if (more_chars && !more_lines) lines += Math.ceil(more_chars / CHARS_PER_LINE);
  return lines - LINES;
}

interface Props {
  store: Store;
  preview: Preview | undefined;
  turnId: string;
}

export function FieldPreview({ store, preview, turnId }: Props) {
  if (!preview) return null;
  const hidden = hiddenLines(preview);
  return (
    <>
      <div class="text clamp" dir="auto">
        {preview.edited && (
          <span role="img" aria-label="edited" title="edited">
            ✎{" "}
          </span>
        )}
        {preview.text}
        {preview.more_chars > 0 && "…"}
      </div>
      {hidden > 0 && !store.expanded.value.has(turnId) && (
        <button
          type="button"
          class="link"
          tabIndex={-1}
          onClick={() => toggleExpanded(store, turnId)}
        >
          Show {count(hidden, "more line")}
        </button>
      )}
    </>
  );
}
