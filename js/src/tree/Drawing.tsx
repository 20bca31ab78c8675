/** The tree as a picture: lines, a shape for each turn, a name for each branch. */
import type { RefObject } from "preact";
import { formatScore } from "../components/format";
import type { TreeTurn, TreeView } from "../protocol";
import type { Signal } from "../signals";
import type { Dot, Head, Layout } from "./layout";
import type { Place } from "./pan";
import { TurnShape } from "./TurnShape";

type Go = (branch: string, turnId?: string) => void;

interface Props {
  frame: RefObject<HTMLDivElement | null>;
  layout: Layout;
  view: TreeView;
  /** Key of the branch in the table. */
  shown: string;
  /** Where the keys are. */
  at: Dot | undefined;
  place: Signal<Place>;
  height: number;
  onGo: Go;
  onKey: (event: KeyboardEvent) => void;
}

const LEAST_PX = 80;
const MOST_PX = 220;

export function Drawing({ frame, layout, view, shown, at, place, height, onGo, onKey }: Props) {
  const { x, y, scale } = place.value;
  return (
    <div
      ref={frame}
      class="drawing"
      role="tree"
      aria-label="Tree of branches"
      aria-activedescendant={at && idOf(at.turn)}
      tabIndex={0}
      onKeyDown={onKey}
      style={{ height: `${Math.max(LEAST_PX, Math.min(MOST_PX, height + LEAST_PX / 2))}px` }}
    >
      <svg role="none" width="100%" height="100%">
        <g transform={`translate(${x} ${y}) scale(${scale})`}>
          <Picture layout={layout} view={view} shown={shown} onGo={onGo} />
          {at && <Cursor dot={at} />}
        </g>
      </svg>
    </div>
  );
}

function Cursor({ dot: { x, y } }: { dot: Dot }) {
  return <rect class="cursor" x={x - 12} y={y - 12} width="24" height="24" rx="4" />;
}

interface PictureProps {
  layout: Layout;
  view: TreeView;
  shown: string;
  onGo: Go;
}

/** Everything that does not move with the cursor; rendered again only when the tree changes. */
function Picture({ layout, view, shown, onGo }: PictureProps) {
  const path = new Set(layout.paths.get(shown));
  const { root, lines, gaps, dots, heads } = layout;
  const go = ({ turn, branch, segment }: Dot) =>
    onGo(path.has(segment) ? shown : branch, turn.turn_id);
  return (
    <>
      {lines.map(({ segment, path: d }, at) => (
        <path key={at} class={path.has(segment) ? "line here" : "line"} d={d} />
      ))}
      <rect class="root" x={root.x - 4} y={root.y - 4} width="8" height="8" />
      {gaps.map(({ x, y, turns }) => (
        <g key={`${x} ${y}`} class="gap" transform={`translate(${x} ${y})`}>
          <title>{turns} more turns</title>
          <rect x="-12" y="-8" width="24" height="16" rx="8" />
          <text y="4">{turns > 999 ? `${Math.round(turns / 1000)}k` : turns}</text>
        </g>
      ))}
      {dots.map((dot) => (
        <Turn key={dot.turn.turn_id} dot={dot} view={view} onGo={go} />
      ))}
      {heads.map((head) => (
        <Name key={head.branch.key} head={head} here={head.branch.key === shown} onGo={onGo} />
      ))}
    </>
  );
}

interface TurnProps {
  dot: Dot;
  view: TreeView;
  onGo: (dot: Dot) => void;
}

function Turn({ dot, view: { low, high }, onGo }: TurnProps) {
  const { x, y, turn } = dot;
  const label = nameOf(dot);
  return (
    <g
      id={idOf(turn)}
      role="treeitem"
      aria-level={turn.index + 1}
      aria-label={label}
      class="turn-dot"
      transform={`translate(${x} ${y})`}
      onClick={() => onGo(dot)}
    >
      <title>{label}</title>
      <rect class="reach" x="-12" y="-12" width="24" height="24" />
      <TurnShape turn={turn} low={low} high={high} />
    </g>
  );
}

function Name({ head, here, onGo }: { head: Head; here: boolean; onGo: Go }) {
  const { x, y, branch, label } = head;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the combobox and the tree's keys go there too
    <g
      class={here ? "branch-name here" : "branch-name"}
      transform={`translate(${x - 10} ${y})`}
      onClick={() => onGo(branch.key)}
    >
      {!label.endsWith(branch.name) && <title>{branch.name}</title>}
      <rect class="reach" y="-11" width={7 * label.length + 36} height="22" />
      <text y="4">
        {label}
        {branch.mean_score !== null && (
          <tspan class="mean" dx="6">
            {formatScore(branch.mean_score)}
          </tspan>
        )}
      </text>
    </g>
  );
}

const idOf = ({ turn_id }: TreeTurn) => `turn-${turn_id}`;

/** Everything that the shape and the marks tell, in words. */
export function nameOf({ turn, name }: Dot): string {
  const { index, said, score, ...marks } = turn;
  const words = (["stale", "edited", "excluded", "found"] as const).filter((mark) => marks[mark]);
  const told = score === null ? "no score" : `score ${formatScore(score)}`;
  return [`turn ${index} of ${name}: ${said}`, told, ...words].join(", ");
}
