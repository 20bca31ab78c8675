import { render } from "preact";
import { expect, test, vi } from "vitest";
import { useSignal } from "../src/rendering";
import { batch, computed, effect, signal } from "../src/signals";
import { waitFor } from "./page";

test("an effect runs at once, and again when what it read has changed", () => {
  const name = signal("a");
  const seen: string[] = [];
  const stop = effect(() => void seen.push(name.value));
  name.value = "b";
  name.value = "b";
  stop();
  name.value = "c";
  expect(seen).toEqual(["a", "b"]);
});

test("an effect goes by what it read last", () => {
  const [which, left, right] = [signal(true), signal(1), signal(2)];
  const seen: number[] = [];
  effect(() => void seen.push(which.value ? left.value : right.value));
  which.value = false;
  left.value = 10;
  right.value = 20;
  expect(seen).toEqual([1, 2, 20]);
});

test("what an effect returns undoes it before the next run and at the end", () => {
  const name = signal("a");
  const told: string[] = [];
  const stop = effect(() => {
    const now = name.value;
    return () => void told.push(now);
  });
  name.value = "b";
  stop();
  expect(told).toEqual(["a", "b"]);
});

test("peeking hears of nothing", () => {
  const name = signal("a");
  const run = vi.fn(() => void name.peek());
  effect(run);
  name.value = "b";
  expect(run).toHaveBeenCalledTimes(1);
});

test("a computed value is worked out once for each change, and only when it is read", () => {
  const one = signal(1);
  const work = vi.fn(() => one.value * 2);
  const double = computed(work);
  expect(work).not.toHaveBeenCalled();
  expect([double.value, double.value]).toEqual([2, 2]);
  one.value = 5;
  expect(work).toHaveBeenCalledTimes(1);
  expect(double.peek()).toBe(10);
  expect(work).toHaveBeenCalledTimes(2);
});

test("an effect that reads a value by two ways runs once, and never sees half a change", () => {
  const one = signal(1);
  const double = computed(() => one.value * 2);
  const triple = computed(() => one.value * 3);
  const seen: string[] = [];
  effect(() => void seen.push(`${one.value} ${double.value} ${triple.value}`));
  one.value = 2;
  expect(seen).toEqual(["1 2 3", "2 4 6"]);
});

test("changes in a batch are told at its end, and are there before it", () => {
  const [one, two] = [signal(1), signal(1)];
  const sum = computed(() => one.value + two.value);
  const seen: number[] = [];
  effect(() => void seen.push(sum.value));
  batch(() => {
    one.value = 2;
    batch(() => {
      two.value = 3;
    });
    expect(sum.peek()).toBe(5);
    expect(seen).toEqual([2]);
  });
  expect(seen).toEqual([2, 5]);
});

test("an effect may change what others read", () => {
  const [from, to] = [signal(1), signal(0)];
  const seen: number[] = [];
  effect(() => void seen.push(to.value));
  effect(() => {
    to.value = from.value * 2;
  });
  from.value = 4;
  expect(seen).toEqual([0, 2, 8]);
});

test("an error in an effect reaches who made the change, and the next change counts again", () => {
  const name = signal("a");
  const seen: string[] = [];
  effect(() => {
    if (name.value === "bad") throw new Error("no");
    seen.push(name.value);
  });
  expect(() => {
    name.value = "bad";
  }).toThrow("no");
  name.value = "good";
  expect(seen).toEqual(["a", "good"]);
});

test("a component renders again for what it read, and not for the same props", async () => {
  const [name, other] = [signal("a"), signal("x")];
  const renders = { outer: 0, inner: 0 };
  function Inner({ fixed }: { fixed: string }) {
    renders.inner++;
    const own = useSignal(1);
    return (
      <button type="button" onClick={() => own.value++}>
        {fixed} {own.value}
      </button>
    );
  }
  function Outer() {
    renders.outer++;
    return (
      <p>
        {name.value} <Inner fixed="same" />
      </p>
    );
  }
  const place = document.createElement("div");
  render(<Outer />, place);
  other.value = "y";
  name.value = "b";
  await waitFor(() => expect(place.textContent).toBe("b same 1"));
  expect(renders).toEqual({ outer: 2, inner: 1 });
  place.querySelector("button")?.click();
  await waitFor(() => expect(place.textContent).toBe("b same 2"));
  expect(renders).toEqual({ outer: 2, inner: 2 });
  render(null, place);
  name.value = "c";
  await new Promise((done) => setTimeout(done, 10));
  expect(renders.outer).toBe(2);
});
