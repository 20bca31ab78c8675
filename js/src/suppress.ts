/**
 * Keeps the notebook's command keys off everything that can have the keyboard.
 *
 * JupyterLab and Notebook 7 look for this attribute on the focused element itself, so each one
 * must bear it. And a browser takes the keyboard from an element that is disabled and gives it to
 * the page, where the next key is a command: a button out of use says so but keeps it.
 *
 * Both are done where elements are made: no component can forget them.
 */
import { options, type VNode } from "preact";

export const SUPPRESS = "data-lm-suppress-shortcuts";
const FOCUSABLE = /^(button|input|select|textarea|summary|a)$/;

// Enter in a form's box clicks its button first, so this keeps the form from being sent too.
const refuse = (event: Event) => event.preventDefault();

const before = options.vnode;
options.vnode = (vnode: VNode) => {
  const { type } = vnode;
  const props = vnode.props as Record<string, unknown>;
  if (typeof type === "string" && (FOCUSABLE.test(type) || props.tabIndex !== undefined)) {
    props[SUPPRESS] = "true";
  }
  if (type === "button" && "disabled" in props) {
    props["aria-disabled"] = props.disabled;
    if (props.disabled) props.onClick = refuse;
    delete props.disabled;
  }
  before?.(vnode);
};
