/** The widget's entry: puts the inspector into a shadow root and takes it out again. */
import "./suppress";
import type { RenderProps } from "@anywidget/types";
import { render as mount } from "preact";
import { Inspector } from "./components/Inspector";
import { prefetch } from "./part";
import type { Summary } from "./protocol";
import { openStore } from "./store/store";
import frame from "./styles/frame.css";
import narrow from "./styles/narrow.css";
import table from "./styles/table.css";
import { SUPPRESS } from "./suppress";

/** Long enough for the first rows to be painted. */
const IDLE_MS = 100;

interface Traits {
  summary: Summary;
}

function render({ model, el }: RenderProps<Traits>): () => void {
  // Not on `el` itself: some hosts have a shadow root there already, and a second one throws.
  const host = document.createElement("div");
  host.setAttribute(SUPPRESS, "true");
  const root = host.attachShadow({ mode: "open" });
  const style = document.createElement("style");
  style.textContent = frame + table + narrow;
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
  for (const [event, hear] of Object.entries(events)) model.on(event, hear);
  mount(<Inspector store={store} />, place);
  probe();
  const idle = setTimeout(() => prefetch(store), IDLE_MS);

  return () => {
    clearTimeout(idle);
    for (const [event, hear] of Object.entries(events)) model.off(event, hear);
    close();
    mount(null, place);
    host.remove();
  };
}

export default { render };
