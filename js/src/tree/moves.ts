/** Where the arrow keys lead in the tree. */
import type { Dot, Layout } from "./layout";

export type Move = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown" | "Home" | "End";

/** The dot that a key leads to from another; along the branch that is shown where it passes. */
export function moveTo(layout: Layout, from: Dot, key: string, branch: string): Dot | undefined {
  const path = new Set(layout.paths.get(leadingTo(layout, from, branch)));
  const along = layout.dots
    .filter(({ segment }) => path.has(segment))
    .sort((a, b) => a.turn.index - b.turn.index);
  const here = along.indexOf(from);
  switch (key) {
    case "ArrowLeft":
      return along[here - 1];
    case "ArrowRight":
      return along[here + 1];
    case "Home":
      return along[0];
    case "End":
      return along.at(-1);
    case "ArrowUp":
      return beside(layout, from, -1);
    case "ArrowDown":
      return beside(layout, from, 1);
  }
  return undefined;
}

/** The branch to show for a turn: the one that is shown where it passes there. */
export function leadingTo({ paths }: Layout, { segment, branch }: Dot, shown: string): string {
  return paths.get(shown)?.includes(segment) ? shown : branch;
}

/** The nearest dot on the next lane above or below. */
function beside(layout: Layout, from: Dot, step: 1 | -1): Dot | undefined {
  let best: Dot | undefined;
  let least = Infinity;
  for (const dot of layout.dots) {
    const away = (dot.y - from.y) * step;
    if (away < 1) continue;
    // A turn of the same depth comes first, also from a lane farther away.
    const distance = away + 2 * Math.abs(dot.x - from.x);
    if (distance < least) {
      best = dot;
      least = distance;
    }
  }
  return best;
}
