/** A drawing that is moved and zoomed inside its frame. */
import { type Signal, signal } from "../signals";
import type { Point } from "./layout";

const LEAST = 0.04;
const MOST = 3;
const MARGIN_PX = 24;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A point of the drawing is shown at `x + scale · point.x`. */
export interface Place extends Point {
  readonly scale: number;
}

export class Pan {
  readonly place: Signal<Place> = signal({ x: MARGIN_PX, y: MARGIN_PX, scale: 1 });
  frame: Size = { width: 600, height: 200 };

  constructor(private drawing: Size) {}

  /** The drawing has another size now. */
  resize(drawing: Size): void {
    this.drawing = drawing;
    this.moveTo(this.place.peek());
  }

  /** Moves by so many pixels; false when it is at its end that way. */
  by(x: number, y: number): boolean {
    const before = this.place.peek();
    this.moveTo({ ...before, x: before.x + x, y: before.y + y });
    const { x: newX, y: newY } = this.place.peek();
    return newX !== before.x || newY !== before.y;
  }

  /** Zooms around a point of the frame, its middle by default. */
  zoom(factor: number, around: Point = this.middle): void {
    const { x, y, scale } = this.place.peek();
    const next = Math.max(LEAST, Math.min(MOST, scale * factor));
    const grown = next / scale;
    const keep = (at: number, to: number) => to - (to - at) * grown;
    this.moveTo({ x: keep(x, around.x), y: keep(y, around.y), scale: next });
  }

  /** Shows all of the drawing, never larger than it is. */
  fit(): void {
    const { width, height } = this.drawing;
    const across = (this.frame.width - 2 * MARGIN_PX) / Math.max(1, width);
    const down = (this.frame.height - 2 * MARGIN_PX) / Math.max(1, height);
    const scale = Math.max(LEAST, Math.min(1, across, down));
    this.moveTo({ x: MARGIN_PX, y: MARGIN_PX, scale });
  }

  /** Moves as little as needed to show a point well. */
  reveal(point: Point): void {
    const { x, y, scale } = this.place.peek();
    const into = (at: number, size: number, room: number) =>
      at < room ? room - at : at > size - room ? size - room - at : 0;
    const { width, height } = this.frame;
    const right = into(x + point.x * scale, width, Math.min(80, width / 3));
    this.by(right, into(y + point.y * scale, height, Math.min(40, height / 3)));
  }

  private get middle(): Point {
    return { x: this.frame.width / 2, y: this.frame.height / 2 };
  }

  /** Some of the drawing always stays in the frame; one that fits is not moved out of it. */
  private moveTo({ x, y, scale }: Place): void {
    const held = (at: number, size: number, frame: number) => {
      const free = frame - size * scale - MARGIN_PX;
      return Math.max(Math.min(MARGIN_PX, free), Math.min(Math.max(MARGIN_PX, free), at));
    };
    const { width, height } = this.drawing;
    const next = {
      x: held(x, width, this.frame.width),
      y: held(y, height, this.frame.height),
      scale,
    };
    const now = this.place.peek();
    if (next.x !== now.x || next.y !== now.y || next.scale !== now.scale) this.place.value = next;
  }
}
