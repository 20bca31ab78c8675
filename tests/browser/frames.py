"""Times the frames of a page while something scrolls in it.

Chromium runs without a GPU here, so frame times are upper bounds.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from playwright.sync_api import Locator

_WATCH = """() => {
  const seen = { deltas: [], long: [] };
  const observer = new PerformanceObserver(
    list => list.getEntries().forEach(e => seen.long.push(e.duration)));
  observer.observe({ entryTypes: ["longtask"] });
  let last = performance.now();
  const step = now => {
    seen.deltas.push(now - last);
    last = now;
    seen.next = requestAnimationFrame(step);
  };
  seen.next = requestAnimationFrame(step);
  window.__frames = { stop() {
    cancelAnimationFrame(seen.next);
    observer.disconnect();
    return { deltas: seen.deltas.slice(1), long: seen.long };
  } };
}"""
_SCROLL = """(el, [distance, ms]) => new Promise(done => {
  const start = el.scrollTop, began = performance.now();
  const step = now => {
    const part = Math.min(1, (now - began) / ms);
    el.scrollTop = start + distance * part;
    part < 1 ? requestAnimationFrame(step) : done(el.scrollTop - start);
  };
  requestAnimationFrame(step);
})"""


@dataclass(frozen=True)
class Frames:
    """Times between animation frames and of long tasks, in milliseconds."""

    deltas: list[float]
    long_tasks: list[float]
    travelled_px: float

    def quantile(self, q: float) -> float:
        ordered = sorted(self.deltas)
        return ordered[min(len(ordered) - 1, int(q * len(ordered)))]

    def summary(self) -> dict[str, float]:
        return {
            "frames": len(self.deltas),
            "mean": round(statistics.fmean(self.deltas), 1),
            "p50": round(self.quantile(0.50), 1),
            "p95": round(self.quantile(0.95), 1),
            "p99": round(self.quantile(0.99), 1),
            "max": round(max(self.deltas), 1),
            "long_tasks": len(self.long_tasks),
            "travelled_px": round(self.travelled_px),
        }


def while_scrolling(scroller: Locator, distance_px: float, seconds: float) -> Frames:
    """Scroll an element at constant speed."""
    scroller.page.evaluate(_WATCH)
    travelled = scroller.evaluate(_SCROLL, [distance_px, seconds * 1000])
    return _stop(scroller, travelled)


def while_wheeling(target: Locator, notch_px: float, seconds: float) -> Frames:
    """Turn the mouse wheel over an element, one notch at about 60 Hz, as a person would."""
    box = target.bounding_box()
    assert box, "nothing to turn the wheel over"
    mouse = target.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + min(box["height"] / 2, 200))
    target.page.evaluate(_WATCH)
    ends, turned = time.perf_counter() + seconds, 0.0
    while time.perf_counter() < ends:
        mouse.wheel(0, notch_px)
        turned += notch_px
        time.sleep(0.012)
    return _stop(target, turned)


def _stop(target: Locator, travelled: float) -> Frames:
    found = target.page.evaluate("() => window.__frames.stop()")
    return Frames(found["deltas"], found["long"], travelled)
