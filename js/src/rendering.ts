/** Lets components render again when a signal that they read has changed. */
import { Component, options } from "preact";
import { useMemo } from "preact/hooks";
import { Reader, signal } from "./signals";

/** A signal that belongs to a component. */
export function useSignal<T>(initial: T) {
  return useMemo(() => signal(initial), []);
}

/** Two names inside Preact that its own add-ons go by: "before a render", a vnode's component. */
interface Inside {
  __r?: (vnode: { __c: Component }) => void;
}

const inside = options as Inside;
const before = inside.__r;
const followed = new WeakSet<Component>();

inside.__r = (vnode) => {
  before?.(vnode);
  const component = vnode.__c;
  if (followed.has(component)) return;
  followed.add(component);
  const { render, componentWillUnmount } = component;
  const reader = new Reader(() => component.forceUpdate());
  component.render = (...args) => reader.run(() => render.apply(component, args));
  component.componentWillUnmount = () => {
    reader.stop();
    componentWillUnmount?.call(component);
  };
};

type Props = Readonly<Record<string, unknown>>;

/** All state is in signals, so a component with the props it had need not render. */
Component.prototype.shouldComponentUpdate = function (next: object): boolean {
  const [now, then] = [this.props as Props, next as Props];
  const names = Object.keys(then);
  return names.length !== Object.keys(now).length || names.some((name) => then[name] !== now[name]);
};
