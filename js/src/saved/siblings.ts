/** The turns that stand beside each other at one place of a saved conversation's tree. */
import type { Sibling } from "../protocol";
import { type Branch, parting } from "./page";

/** Position to the turns at that place, where there are several; oldest first. */
export function siblingsOf(
  branch: Branch,
  branches: readonly Branch[],
): ReadonlyMap<number, readonly Sibling[]> {
  const beside = new Map<number, Map<string, Branch>>();
  for (const other of branches) {
    if (other === branch) continue;
    const place = parting(branch, other);
    if (place >= Math.min(branch.end, other.end)) continue;
    const there = beside.get(place) ?? new Map([[idAt(branch, place), branch]]);
    const id = idAt(other, place);
    if (!there.has(id)) there.set(id, other);
    beside.set(place, there);
  }
  return new Map([...beside].map(([place, there]) => [place, listed(place, there)]));
}

/** The entry of a turn that stands alone at its place. */
export function only(branch: Branch, position: number): Sibling[] {
  return [sibling(branch, idAt(branch, position))];
}

function listed(place: number, there: ReadonlyMap<string, Branch>): Sibling[] {
  const created = (branch: Branch) => branch.at(place).detail.usage.created_at;
  return [...there]
    .sort(([, a], [, b]) => compare(created(a), created(b)))
    .map(([id, branch]) => sibling(branch, id));
}

/** Times are all in one zone: their texts stand in the order of what they say. */
function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function sibling({ saved, name }: Branch, turn_id: string): Sibling {
  return { branch: saved.key, turn_id, name };
}

function idAt(branch: Branch, position: number): string {
  return branch.at(position).detail.turn_id;
}
