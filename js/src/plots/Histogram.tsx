/** How many turns have which score, and a threshold that is dragged or moved by keys. */
import { useRef } from "preact/hooks";
import type { ScoresView } from "../protocol";
import { Axes } from "./Axes";
import { across, BOTTOM, brief, HEIGHT, stepOf, TOP, upward, WIDTH } from "./scales";

interface Props {
  view: ScoresView;
  threshold: number;
  /** What the threshold keeps, in words. */
  kept: string;
  onThreshold: (to: number) => void;
}

const KEYS: Record<string, number> = {
  ...{ ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 },
  ...{ PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity },
};

export function Histogram({ view, threshold, kept, onThreshold }: Props) {
  const { name, low, high, bins, scored, mean } = view;
  const frame = useRef<SVGSVGElement>(null);
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const [x, y] = [across(low, high), upward(0, most)];
  const step = stepOf(low, high);
  const snapped = (to: number) =>
    Math.max(low, Math.min(high, Number((Math.round(to / step) * step).toPrecision(12))));

  const toPointer = (event: PointerEvent) => {
    const box = frame.current?.getBoundingClientRect();
    if (box?.width) onThreshold(snapped(x.of(((event.clientX - box.left) / box.width) * WIDTH)));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps = KEYS[event.key];
    if (steps === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    onThreshold(snapped(threshold + steps * step));
    event.preventDefault();
  };
  const told = mean === null ? "none" : `mean ${brief(mean, high - low)}`;
  const at = x.at(threshold);
  return (
    <figure>
      <div
        class="plot draggable"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture?.(event.pointerId);
          toPointer(event);
        }}
        onPointerMove={(event) => {
          if (event.buttons & 1) toPointer(event);
        }}
      >
        <svg
          ref={frame}
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          role="img"
          aria-label={`Histogram of ${name}: ${scored} turns with a score, ${told}`}
        >
          <Axes x={[low, high]} y={[0, most]} name={name} whole="y" />
          {bins.map(({ start, stop, count }) => (
            <rect
              key={start}
              class={start + 1e-9 >= threshold ? "bin kept" : "bin"}
              x={x.at(start) + 0.5}
              y={y.at(count)}
              width={Math.max(1, x.at(stop) - x.at(start) - 1)}
              height={HEIGHT - BOTTOM - y.at(count)}
            />
          ))}
          <path class="threshold" d={`M${at} ${TOP - 4}V${HEIGHT - BOTTOM}`} />
          <path class="grip" d={`M${at - 6} ${TOP - 8}h12v8l-6 6l-6 -6z`} />
        </svg>
        <div
          class="slider"
          role="slider"
          tabIndex={0}
          aria-label="Threshold"
          aria-valuemin={low}
          aria-valuemax={high}
          aria-valuenow={threshold}
          aria-valuetext={`${brief(threshold, high - low)}: ${kept}`}
          style={{ left: `${(at / WIDTH) * 100}%` }}
          onKeyDown={onKeyDown}
        />
      </div>
    </figure>
  );
}
