/** The entry of a saved page: the inspector and, in the kernel's place, the data beside it. */
import * as markdown from "./markdown";
import * as more from "./more";
import { bundled } from "./part";
import type { SavedPage } from "./protocol";
import { SavedKernel } from "./saved/kernel";
import * as views from "./views";
import widget from "./widget";

Object.assign(bundled, { more, views, markdown });

const data = document.getElementById("conversation")?.textContent ?? "";
const el = document.getElementById("inspector") as HTMLElement;
el.replaceChildren(); // the transcript, for where no script runs
el.style.setProperty("--inspector-height", "100vh");
const kernel = new SavedKernel(JSON.parse(data) as SavedPage);
widget.render({ model: kernel, el } as unknown as Parameters<typeof widget.render>[0]);
