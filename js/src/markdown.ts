/** The fourth script: Markdown as elements. It comes when a field is first shown so. */
export { elementsOf } from "./markdown/elements";
export { sanitised } from "./markdown/sanitised";
