/** Puts an inspector on a kernel made of memory, and finds its parts as a person would. */
import { configure, fireEvent, waitFor, within } from "@testing-library/preact";
import { onTestFinished } from "vitest";
import { MemoryKernel, type MemoryState } from "../dev/memory_kernel";
import widget from "../src/widget";

// A busy machine is slow, not wrong.
configure({ asyncUtilTimeout: 10_000 });

/** In the place of the later scripts: they fetch their own sources, which need no build. */
export const PART = `export const build = "test"; export default () => globalThis.openPart();`;
const VIEWS = PART.replace("openPart", "openViews");
const MARKDOWN = PART.replace("openPart", "openMarkdown");
Object.assign(globalThis, {
  openPart: () => import("../src/more"),
  openViews: () => import("../src/views"),
  openMarkdown: () => import("../src/markdown"),
});

export function show(kernel: MemoryKernel) {
  kernel.parts.more ||= PART;
  kernel.parts.views ||= VIEWS;
  kernel.parts.markdown ||= MARKDOWN;
  const el = document.createElement("div");
  document.body.append(el);
  const close = widget.render({ model: kernel, el } as never);
  onTestFinished(() => {
    // happy-dom goes on naming a removed element as the active one, and then trips over it.
    (root.activeElement as HTMLElement | null)?.blur();
    close();
    el.remove();
  });
  const root = el.firstElementChild?.shadowRoot as ShadowRoot;
  const page = within(root.lastElementChild as HTMLElement);
  const grid = page.getByRole("treegrid", { name: "Turns" });
  return {
    ...page,
    ...{ kernel, el, root, grid, close },
    active: () => root.activeElement as HTMLElement,
    cell: (position: number, column: number) =>
      grid.querySelector<HTMLElement>(
        `[data-at="${position}"] [data-column="${column}"]`,
      ) as HTMLElement,
    /** Presses a key where the keyboard is. */
    press: (key: string, more: KeyboardEventInit = {}) =>
      fireEvent.keyDown(root.activeElement ?? grid, { key, composed: true, ...more }),
    status: () => page.getByRole("status", { name: "Status" }).textContent ?? "",
    asked: (ask: string) => kernel.asked.filter((one) => one.ask === ask).map(({ args }) => args),
  };
}

export function open(state: MemoryState) {
  return show(new MemoryKernel(state));
}

/** Types a text into a control. */
export function type(control: HTMLElement, value: string): void {
  fireEvent.input(control, { target: { value } });
}

export { fireEvent, waitFor, within };
