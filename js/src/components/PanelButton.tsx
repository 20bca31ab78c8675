/** A button that opens and closes one of the panels below the header. */
import type { ComponentChildren } from "preact";
import { type Panel, togglePanel } from "../store/screen";
import type { Store } from "../store/store";

interface Props {
  store: Store;
  panel: Panel;
  name: string;
  /** Something in the closed panel is in force. */
  lit?: boolean;
  children: ComponentChildren;
}

export function PanelButton({ store, panel, name, lit, children }: Props) {
  return (
    <button
      type="button"
      aria-label={name}
      title={lit ? `${name} (in force)` : name}
      class={lit ? "lit" : ""}
      aria-expanded={store.panel.value === panel}
      onClick={() => togglePanel(store, panel)}
    >
      {children}
    </button>
  );
}
