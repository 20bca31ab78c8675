/** The entry of the table of sessions: puts it into a shadow root and takes it out again. */
import "../suppress";
import type { RenderProps } from "@anywidget/types";
import { render as mount } from "preact";
import frame from "../styles/frame.css";
import { SUPPRESS } from "../suppress";
import { Sessions } from "./components/Sessions";
import { type Host, shower, type WidgetManager } from "./embed";
import type { TableSummary } from "./protocol";
import sessions from "./sessions.css";
import { openStore } from "./store";

interface Traits {
  summary: TableSummary;
}

type Props = RenderProps<Traits> & { host?: Host };

function render({ model, el, host: widgets }: Props): () => void {
  // Not on `el` itself: some hosts have a shadow root there already, and a second one throws.
  const host = document.createElement("div");
  host.setAttribute(SUPPRESS, "true");
  const root = host.attachShadow({ mode: "open" });
  const style = document.createElement("style");
  style.textContent = frame + sessions;
  const place = document.createElement("div");
  root.append(style, place);
  el.append(host);

  const { store, take, lost, probe, close } = openStore(model, model.get("summary"));
  const events: Record<string, () => void> = {
    "change:summary": () => take(model.get("summary")),
    "comm:close": lost,
    // A restarted kernel closes no comm; JupyterLab only marks the model as cut off.
    comm_live_update: probe,
  };
  for (const [event, hear] of Object.entries(events)) model.on(event as never, hear as never);
  const manager = model.widget_manager as unknown as WidgetManager | undefined;
  mount(<Sessions store={store} show={shower(widgets, manager)} />, place);
  probe();

  return () => {
    for (const [event, hear] of Object.entries(events)) model.off(event as never, hear as never);
    close();
    mount(null, place);
    host.remove();
  };
}

export default { render };
