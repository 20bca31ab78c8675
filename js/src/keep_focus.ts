/** Gives the keyboard to what is nearest when the element that had it goes away. */

const TAB_STOPS = "button, input, select, textarea, summary, [tabindex='0']";

/** Watches over everything inside an element; returns how to end it. */
export function keepFocus(element: HTMLElement): () => void {
  let last: Element | null = null;
  let around: HTMLElement[] = [];

  const come = ({ target }: FocusEvent) => {
    last = target as Element;
    around = ancestors(last, element);
  };
  const go = () => {
    const left = last;
    // What left of its own accord is still there; what was taken away is not.
    queueMicrotask(() => {
      if (last === left && left?.isConnected) last = null;
    });
  };
  const look = () => {
    if (!last || last.isConnected) return;
    last = null;
    const { activeElement } = document;
    if (activeElement && activeElement !== document.body && !isOurs(activeElement, element)) return;
    if ((element.getRootNode() as ShadowRoot).activeElement) return;
    nearest(around, element)?.focus({ preventScroll: true });
  };

  element.addEventListener("focusin", come);
  element.addEventListener("focusout", go);
  const observer = new MutationObserver(look);
  observer.observe(element, { childList: true, subtree: true });
  return () => {
    observer.disconnect();
    element.removeEventListener("focusin", come);
    element.removeEventListener("focusout", go);
  };
}

function isOurs(host: Element, element: HTMLElement): boolean {
  return host === (element.getRootNode() as ShadowRoot).host;
}

function ancestors(from: Element, until: HTMLElement): HTMLElement[] {
  const found: HTMLElement[] = [];
  for (let at = from.parentElement; at; at = at === until ? null : at.parentElement) found.push(at);
  return found;
}

/** The first tab stop of the closest ancestor that is still there and has one. */
function nearest(around: readonly HTMLElement[], element: HTMLElement): HTMLElement | undefined {
  for (const place of around) {
    if (place === element || !place.isConnected) continue;
    const stop = tabStop(place);
    if (stop) return stop;
  }
  const table = element.querySelector<HTMLElement>(".turns");
  return (table && tabStop(table)) ?? tabStop(element);
}

function tabStop(place: HTMLElement): HTMLElement | undefined {
  return [...place.querySelectorAll<HTMLElement>(TAB_STOPS)].find(
    (one) => one.tabIndex >= 0 && one.getClientRects().length > 0,
  );
}
