/** A button that opens and closes one of the panels below the header. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
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
  const open = store.panel.value === panel;
  const button = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(open);
  useLayoutEffect(() => {
    // What had the keyboard went with the panel: the notebook must not get it.
    const lost = document.activeElement === document.body;
    if (wasOpen.current && !open && lost) button.current?.focus({ preventScroll: true });
    wasOpen.current = open;
  }, [open]);
  return (
    <button
      ref={button}
      type="button"
      aria-label={name}
      title={lit ? `${name} (in force)` : name}
      class={lit ? "lit" : ""}
      aria-expanded={open}
      onClick={() => togglePanel(store, panel)}
    >
      {children}
    </button>
  );
}
