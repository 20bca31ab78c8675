import { expect, test } from "vitest";
import { Heights } from "../src/window/heights";
import { HEAD_PX, RowWindow, scrollScale } from "../src/window/window";

function scrolled(heights: Heights, scrollTop: number, clientHeight = 400) {
  const element = document.createElement("div");
  Object.defineProperty(element, "clientHeight", { value: clientHeight });
  element.scrollTop = scrollTop;
  const window = new RowWindow(heights);
  window.attach(element);
  return { window, element };
}

test("only the rows near the screen are worth rendering", () => {
  const { window } = scrolled(new Heights(100_000, 40), 40_000);
  const { first, last } = window.range.value;
  expect(first).toBeGreaterThan(985);
  expect(last).toBeLessThan(1025);
  expect(window.startOf(first)).toBe(first * 40);
});

test("a row below the view is scrolled to the bottom of it, under no column head", () => {
  const { window, element } = scrolled(new Heights(1_000, 40), 0);
  window.reveal(50);
  expect(element.scrollTop).toBe(51 * 40 - (400 - HEAD_PX));
});

test("a row in view does not scroll", () => {
  const { window, element } = scrolled(new Heights(1_000, 40), 80);
  window.reveal(4);
  expect(element.scrollTop).toBe(80);
});

test("a row higher than the view begins at the top", () => {
  const heights = new Heights(10, 40);
  heights.set(3, 2_000);
  const { window, element } = scrolled(heights, 0);
  window.reveal(3);
  expect(element.scrollTop).toBe(120);
});

test("beyond what a browser can make tall, the end of the scroll bar is still the last row", () => {
  const heights = new Heights(2_000_000, 40);
  const view = 400 - HEAD_PX;
  const { window, element } = scrolled(heights, 0);
  expect(window.length).toBeLessThan(33_554_430);
  element.scrollTop = window.length - view;
  window.look();
  expect(window.range.value.last).toBe(1_999_999);
  expect(window.startOf(1_999_999) + 40).toBeCloseTo(window.length, 0);
});

test("up to that length the scroll bar is not scaled", () => {
  expect(scrollScale(5_000_000, 500)).toBe(1);
});
