/** Where every turn of the tree goes: depth to the right, branches below each other. */
import { hierarchy, tree } from "d3-hierarchy";
import type { BranchView, TreeTurn, TreeView } from "../protocol";

export const COLUMN_PX = 26;
export const LANE_PX = 24;
/** The most cells to keep turns of one depth below each other; a larger tree is drawn denser. */
const MOST_CELLS = 20_000;
const LABEL_CHARS = 24;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A turn, and the branch that leads to it. */
export interface Dot extends Point {
  readonly turn: TreeTurn;
  readonly segment: number;
  readonly branch: string;
  /** The branch's name. */
  readonly name: string;
}

/** A branch's name at its end; one that ends within others has a stub of its own. */
export interface Head extends Point {
  readonly branch: BranchView;
  readonly label: string;
  readonly segment: number;
  readonly stub: boolean;
}

/** The line of a run of turns, from the turn it grows from. */
export interface Line {
  readonly segment: number;
  readonly path: string;
}

/** Turns of a run that are not drawn one by one. */
export interface Gap extends Point {
  readonly turns: number;
}

export interface Layout {
  readonly root: Point;
  readonly dots: readonly Dot[];
  readonly heads: readonly Head[];
  readonly lines: readonly Line[];
  readonly gaps: readonly Gap[];
  readonly width: number;
  readonly height: number;
  /** Segments from the root to the end of each branch. */
  readonly paths: ReadonlyMap<string, readonly number[]>;
}

/** A place in the grid: a turn, the line that passes a column, the room of a label. */
interface Cell {
  readonly children: Cell[];
  readonly segment: number;
  readonly turn?: TreeTurn;
  readonly gap?: number;
  readonly head?: BranchView;
  readonly stub?: boolean;
}

export function layOut(view: TreeView, branches: readonly BranchView[]): Layout {
  const byKey = new Map(branches.map((branch) => [branch.key, branch]));
  const paths = new Map<string, readonly number[]>();
  const root = cellsOf(view, byKey, paths);
  const laidOut = tree<Cell>()
    .nodeSize([LANE_PX, COLUMN_PX])
    .separation(() => 1)(hierarchy(root));

  const dots: Dot[] = [];
  const heads: Head[] = [];
  const gaps: Gap[] = [];
  const ends = new Map<number, Point>();
  const starts = new Map<number, { from: Point; to: Point }>();
  let top = Infinity;
  let bottom = -Infinity;
  let width = 0;
  laidOut.each(({ x: y, y: x, data, parent }) => {
    const { segment, turn, gap, head, stub = false } = data;
    const at = { x, y };
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
    width = Math.max(width, x);
    if (head) heads.push({ ...at, branch: head, label: labelOf(head), segment, stub });
    if (head || data.segment < 0) return;
    if (parent && !starts.has(segment))
      starts.set(segment, { from: { x: parent.y, y: parent.x }, to: at });
    ends.set(segment, at);
    const { branch = "" } = view.segments[segment] ?? {};
    const name = byKey.get(branch)?.name ?? "";
    if (turn) dots.push({ ...at, turn, segment, branch, name });
    if (gap) gaps.push({ ...at, turns: gap });
  });
  const raised = <P extends Point>(point: P): P => ({ ...point, y: point.y - top });
  const lines = [...starts].map(([segment, { from, to }]) => {
    const end = ends.get(segment) ?? to;
    return { segment, path: `${curve(raised(from), raised(to))}H${end.x}` };
  });
  const stubs = heads.filter(({ stub }) => stub);
  for (const { x, y, segment } of stubs) {
    const from = ends.get(segment) ?? { x: laidOut.y, y: laidOut.x };
    lines.push({ segment: -1, path: curve(raised(from), raised({ x: x - COLUMN_PX / 2, y })) });
  }
  return {
    root: raised({ x: laidOut.y, y: laidOut.x }),
    dots: dots.map(raised),
    heads: heads.map(raised),
    gaps: gaps.map(raised),
    lines,
    width,
    height: bottom - top,
    paths,
  };
}

function curve(from: Point, to: Point): string {
  const half = (from.x + to.x) / 2;
  return `M${from.x} ${from.y}C${half} ${from.y} ${half} ${to.y} ${to.x} ${to.y}`;
}

export function labelOf({ name, starred }: Pick<BranchView, "name" | "starred">): string {
  const short = name.length > LABEL_CHARS ? `${name.slice(0, LABEL_CHARS - 1)}…` : name;
  return `${starred ? "★ " : ""}${short}`;
}

/** The tree as cells, one for each column that a run passes. */
function cellsOf(
  view: TreeView,
  branches: ReadonlyMap<string, BranchView>,
  paths: Map<string, readonly number[]>,
): Cell {
  const root: Cell = { children: [], segment: -1 };
  const columns = columnsOf(view);
  const ends: { cell: Cell; column: number; path: readonly number[] }[] = [];
  view.segments.forEach(({ parent, turns, heads }, segment) => {
    const above = ends[parent] ?? { cell: root, column: -1, path: [] };
    let { cell, column } = above;
    turns.forEach((turn, place) => {
      const before = turns[place - 1];
      const left = before ? turn.index - before.index - 1 : 0;
      const to = columns?.get(turn.index) ?? column + (left > 0 ? 2 : 1);
      const middle = Math.ceil((column + to) / 2);
      while (++column < to) {
        const gap = left > 0 && column === middle ? { gap: left } : {};
        cell = grown(cell, { children: [], segment, ...gap });
      }
      cell = grown(cell, { children: [], segment, turn });
      column = to;
    });
    const path = [...above.path, segment];
    ends.push({ cell, column, path });
    const isTip = !view.segments.some((other) => other.parent === segment);
    heads.forEach((key, place) => {
      paths.set(key, path);
      const branch = branches.get(key);
      const stub = !(isTip && place === 0 && turns.length);
      if (branch) label(cell, { children: [], segment, head: branch, stub });
    });
  });
  return root;
}

function grown(from: Cell, cell: Cell): Cell {
  from.children.push(cell);
  return cell;
}

/** Puts a label behind a cell, and keeps the columns that it covers free. */
function label(from: Cell, head: Cell): void {
  let cell = grown(from, head);
  const chars = head.head ? labelOf(head.head).length + 6 : 0;
  for (let px = COLUMN_PX; px < chars * 7; px += COLUMN_PX)
    cell = grown(cell, { children: [], segment: -1 });
}

/** The column of each depth that is drawn; undefined when there would be too many cells. */
function columnsOf({ segments }: TreeView): ReadonlyMap<number, number> | undefined {
  const shown = new Set(segments.flatMap(({ turns }) => turns.map(({ index }) => index)));
  const columns = new Map<number, number>();
  let column = -1;
  let before = -1;
  for (const index of [...shown].sort((a, b) => a - b)) {
    column += column < 0 || index === before + 1 ? 1 : 2;
    columns.set(index, column);
    before = index;
  }
  const wide = ({ turns }: TreeView["segments"][number]) =>
    turns.length
      ? (columns.get(turns.at(-1)?.index ?? 0) ?? 0) - (columns.get(turns[0]?.index ?? 0) ?? 0)
      : 0;
  const cells = segments.reduce((sum, segment) => sum + wide(segment), 0);
  return cells <= MOST_CELLS ? columns : undefined;
}
