/** Puts another widget, the inspector of an opened session, into an element of the page. */

/** Shows the widget of that model in an element; what it returns takes it out again. */
export type Show = (model: string, el: HTMLElement) => Promise<() => void>;

/** What newer versions of anywidget hand to a widget, to find others by. */
export interface Host {
  getWidget(ref: string): Promise<{
    render(place: { el: HTMLElement; signal: AbortSignal }): Promise<void>;
  }>;
}

interface View {
  readonly el: HTMLElement;
  remove(): void;
}

/** What every host of Jupyter widgets has. */
export interface WidgetManager {
  get_model(id: string): Promise<unknown>;
  create_view?(model: unknown, options?: object): Promise<View>;
}

const PATIENCE_MS = 5_000;
const PAUSE_MS = 50;

export function shower(host: Host | undefined, manager: WidgetManager | undefined): Show {
  return async (model, el) => {
    if (manager) await arrived(manager, model);
    if (manager?.create_view) {
      const view = await manager.create_view(await manager.get_model(model));
      el.append(view.el);
      return () => view.remove();
    }
    if (!host) throw new Error("This notebook cannot show one widget within another.");
    const over = new AbortController();
    const widget = await host.getWidget(`anywidget:${model}`);
    await widget.render({ el, signal: over.signal });
    return () => over.abort();
  };
}

/** The kernel has made the model; the page may hear of it a moment later than of the answer. */
async function arrived(manager: WidgetManager, model: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      await manager.get_model(model);
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((again) => setTimeout(again, PAUSE_MS));
  }
}
