/**
 * Keeps the notebook's command keys off everything that can have the keyboard.
 *
 * JupyterLab and Notebook 7 look for this attribute on the focused element itself, so each one
 * must bear it. It is added where elements are made: no component can forget it.
 */
import { options, type VNode } from "preact";

export const SUPPRESS = "data-lm-suppress-shortcuts";
const FOCUSABLE = /^(button|input|select|textarea|summary|a)$/;

const before = options.vnode;
options.vnode = (vnode: VNode) => {
  const { type } = vnode;
  const props = vnode.props as Record<string, unknown>;
  if (typeof type === "string" && (FOCUSABLE.test(type) || props.tabIndex !== undefined)) {
    props[SUPPRESS] = "true";
  }
  before?.(vnode);
};
