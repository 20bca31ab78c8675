/** Row heights as a Fenwick tree: set one, sum those before one, find by offset, all O(log n). */
export class Heights {
  private sizes = new Float64Array(0);
  private tree = new Float64Array(1);
  private top = 0;

  constructor(
    count: number,
    private readonly estimate: number,
  ) {
    this.resize(count);
  }

  get count(): number {
    return this.sizes.length;
  }

  /** Rows were added or removed at the end: known heights stay, O(n). */
  resize(count: number): void {
    if (count === this.count && this.top) return;
    const sizes = new Float64Array(count).fill(this.estimate);
    sizes.set(this.sizes.subarray(0, count));
    this.sizes = sizes;
    this.tree = new Float64Array(count + 1);
    this.top = 2 ** Math.floor(Math.log2(Math.max(1, count)));
    for (let node = 1; node <= count; node++) {
      this.tree[node] = this.sum(node) + this.size(node - 1);
      const above = node + (node & -node);
      if (above <= count) this.tree[above] = this.sum(above) + this.sum(node);
    }
  }

  size(index: number): number {
    return this.sizes[index] ?? 0;
  }

  /** Records a measured height; returns by how much it differs from the last one. */
  set(index: number, size: number): number {
    const change = size - this.size(index);
    if (change === 0 || index >= this.count) return 0;
    this.sizes[index] = size;
    for (let node = index + 1; node <= this.count; node += node & -node) {
      this.tree[node] = this.sum(node) + change;
    }
    return change;
  }

  /** The distance from the top to the start of a row. */
  before(index: number): number {
    let sum = 0;
    for (let node = Math.min(index, this.count); node > 0; node -= node & -node) {
      sum += this.sum(node);
    }
    return sum;
  }

  get total(): number {
    return this.before(this.count);
  }

  /** The row that covers an offset; the last one beyond the end, 0 when there are none. */
  at(offset: number): number {
    let index = 0;
    let left = offset;
    for (let step = this.top; step >= 1; step /= 2) {
      const next = index + step;
      if (next <= this.count && this.sum(next) <= left) {
        index = next;
        left -= this.sum(next);
      }
    }
    return Math.max(0, Math.min(index, this.count - 1));
  }

  private sum(node: number): number {
    return this.tree[node] ?? 0;
  }
}
