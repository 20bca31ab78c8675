/** The widget's entry: puts the inspector into a shadow root and takes it out again. */
import "./suppress";
import type { RenderProps } from "@anywidget/types";
import { render as mount } from "preact";
import { Inspector } from "./components/Inspector";
import type { Summary } from "./protocol";
import { openStore } from "./store/store";
import styles from "./styles/inspector.css";
import { SUPPRESS } from "./suppress";

interface Traits {
  summary: Summary;
}

function render({ model, el }: RenderProps<Traits>): () => void {
  // Not on `el` itself: some hosts have a shadow root there already, and a second one throws.
  const host = document.createElement("div");
  host.setAttribute(SUPPRESS, "true");
  const root = host.attachShadow({ mode: "open" });
  const style = document.createElement("style");
  style.textContent = styles;
  const place = document.createElement("div");
  root.append(style, place);
  el.append(host);

  const { store, take, lost, probe, close } = openStore(model, model.get("summary"));
  const changed = () => take(model.get("summary"));
  model.on("change:summary", changed);
  model.on("comm:close", lost);
  mount(<Inspector store={store} />, place);
  probe();

  return () => {
    model.off("change:summary", changed);
    model.off("comm:close", lost);
    close();
    mount(null, place);
    host.remove();
  };
}

export default { render };
