/** A window on the kernel's rows of one branch under one filter: pages fetched as they are read. */

import type { Ask } from "../client";
import type { Filter, Row, RowWindow } from "../protocol";
import { batch, type ReadonlySignal, type Signal, signal } from "../signals";
import { still } from "../still";
import { Heights } from "../window/heights";

const PAGE_ROWS = 50;
const KEPT_PAGES = 24;
const ROWS_AHEAD = 30;
const REQUESTS_AT_ONCE = 2;
const ROW_PX = 38;

interface Page {
  readonly rows: Signal<readonly Row[]>;
  /** What the rows were true for; -1 when they are not all here. */
  revision: number;
  loading: boolean;
}

export class Rows {
  /** Rows after filtering. */
  readonly matched = signal(0);
  readonly heights = new Heights(0, ROW_PX);
  private readonly pages = new Map<number, Page>();
  private wanted: readonly [number, number] = [0, 0];
  private flying = 0;

  constructor(
    private readonly ask: Ask,
    readonly revision: ReadonlySignal<number>,
    readonly branch: string,
    readonly filter: Filter,
  ) {}

  /** The row at a position, if it is here. Read in a component, it subscribes to its arrival. */
  at(position: number): Row | undefined {
    return this.page(Math.floor(position / PAGE_ROWS)).rows.value[position % PAGE_ROWS];
  }

  /** See to it that these rows are here and of the newest revision. Only the last wish counts. */
  want(first: number, last: number): void {
    this.wanted = [first - ROWS_AHEAD, last + ROWS_AHEAD];
    void this.pump();
  }

  /** Like `want`, but waits for the rows around a position. */
  async load(position: number): Promise<void> {
    const page = Math.floor(position / PAGE_ROWS);
    await this.fetch(page, page);
  }

  /** Rows that arrived, from an answer or with the summary. */
  accept(window: RowWindow): void {
    const { matched, start, rows, revision } = window;
    if (still.until) return void still.until.then(() => this.accept(window));
    batch(() => {
      this.matched.value = matched;
      for (let from = start; from < start + rows.length; from += PAGE_ROWS) {
        const number = Math.floor(from / PAGE_ROWS);
        const page = this.page(number);
        const found = rows.slice(from - start, from - start + PAGE_ROWS);
        const whole = found.length >= Math.min(PAGE_ROWS, matched - from);
        if (!whole && page.rows.peek().length > found.length) continue;
        page.rows.value = found;
        page.revision = whole ? revision : -1;
      }
    });
  }

  private page(number: number): Page {
    let page = this.pages.get(number);
    if (!page) {
      page = { rows: signal([]), revision: -1, loading: false };
      this.pages.set(number, page);
    }
    return page;
  }

  private async pump(): Promise<void> {
    if (this.flying >= REQUESTS_AT_ONCE) return;
    const [first, last] = this.wanted;
    const end = Math.min(last, Math.max(this.matched.peek(), 1) - 1);
    const missing: number[] = [];
    for (
      let number = Math.floor(Math.max(0, first) / PAGE_ROWS);
      number * PAGE_ROWS <= end;
      number++
    ) {
      const page = this.page(number);
      if (!page.loading && page.revision < this.revision.peek()) missing.push(number);
    }
    const from = missing[0];
    const to = missing.at(-1);
    if (from === undefined || to === undefined) return;
    try {
      await this.fetch(from, to);
    } catch {
      return; // the channel has told the store; the next wish tries again
    }
    void this.pump();
  }

  private async fetch(from: number, to: number): Promise<void> {
    const pages = Array.from({ length: to - from + 1 }, (_, step) => this.page(from + step));
    for (const page of pages) page.loading = true;
    this.flying++;
    const asked = this.revision.peek();
    try {
      const { branch, filter } = this;
      const start = from * PAGE_ROWS;
      const window = await this.ask("rows", { branch, start, stop: (to + 1) * PAGE_ROWS, filter });
      this.accept(window);
      // What was asked for and did not come is not there: asking again would not help.
      for (const page of pages) page.revision = Math.max(page.revision, asked);
    } finally {
      this.flying--;
      for (const page of pages) page.loading = false;
      this.forget(from, to);
    }
  }

  /** Drops the pages that were used longest ago; a Map keeps the order of insertion. */
  private forget(from: number, to: number): void {
    for (let number = from; number <= to; number++) {
      const page = this.page(number);
      this.pages.delete(number);
      this.pages.set(number, page);
    }
    for (const [number, page] of this.pages) {
      if (this.pages.size <= KEPT_PAGES) return;
      if (!page.loading) this.pages.delete(number);
    }
  }
}
