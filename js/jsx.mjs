// What the built JSX calls; the bundler adds this import where it is needed.
export { Fragment, h } from "preact";
