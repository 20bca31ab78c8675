/** Shows a field of every turn as Markdown, or as it is. */
import { isMarkdown, toggleMarkdown } from "../store/markdown";
import type { Store } from "../store/store";

interface Props {
  store: Store;
  field: string;
  /** What is shown beside it has only one look. */
  disabled?: boolean;
}

export function MarkdownButton({ store, field, disabled = false }: Props) {
  const name = `Markdown for ${field}`;
  return (
    <button
      type="button"
      class="icon mark"
      aria-label={name}
      aria-pressed={isMarkdown(store, field)}
      title={name}
      disabled={disabled}
      onClick={() => toggleMarkdown(store, field)}
    >
      M↓
    </button>
  );
}
