/** The element that has the keyboard, as seen from inside the shadow root. */
export function focused(element: HTMLElement | null): Element | null {
  const root = element?.getRootNode() as Document | ShadowRoot | undefined;
  return root?.activeElement ?? null;
}
