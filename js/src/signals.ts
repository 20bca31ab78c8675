/** Values that tell those who read them when they change. */

export interface ReadonlySignal<T> {
  /** Whoever reads this hears of the next change. */
  readonly value: T;
  /** The value, without hearing of changes. */
  peek(): T;
}

export interface Signal<T> extends ReadonlySignal<T> {
  value: T;
}

type Readers = Set<Reader>;

let reading: Reader | undefined;
let depth = 0;
const waiting = new Set<() => void>();

/** Something that reads signals: `hear` is called when one that it read last has changed. */
export class Reader {
  private readonly read = new Set<Readers>();

  constructor(readonly hear: () => void) {}

  /** Runs a function and goes by what that reads; what was read before no longer counts. */
  run<T>(work: () => T): T {
    this.stop();
    const outer = reading;
    reading = this;
    try {
      return work();
    } finally {
      reading = outer;
    }
  }

  stop(): void {
    for (const readers of this.read) readers.delete(this);
    this.read.clear();
  }

  /** The one at work now, if any, reads what these are the readers of. */
  static join(readers: Readers): void {
    if (!reading) return;
    readers.add(reading);
    reading.read.add(readers);
  }

  static tell(readers: Readers): void {
    batch(() => {
      for (const { hear } of readers) hear();
    });
  }
}

export function signal<T>(initial: T): Signal<T> {
  const readers: Readers = new Set();
  let now = initial;
  return {
    get value() {
      Reader.join(readers);
      return now;
    },
    set value(next) {
      if (next === now) return;
      now = next;
      Reader.tell(readers);
    },
    peek: () => now,
  };
}

/** A value that follows from others: worked out when it is read, and again after they changed. */
export function computed<T>(work: () => T): ReadonlySignal<T> {
  const readers: Readers = new Set();
  let known: { readonly now: T } | undefined;
  const reader = new Reader(() => {
    if (!known) return;
    known = undefined;
    Reader.tell(readers);
  });
  const peek = () => {
    known ??= { now: reader.run(work) };
    return known.now;
  };
  return {
    get value() {
      Reader.join(readers);
      return peek();
    },
    peek,
  };
}

/** Does something now and after every change of what it read; what it returns undoes it. */
export function effect(work: () => undefined | (() => void)): () => void {
  let undo: undefined | (() => void);
  const again = () => {
    undo?.();
    undo = reader.run(work);
  };
  const reader = new Reader(() => waiting.add(again));
  again();
  return () => {
    reader.stop();
    waiting.delete(again);
    undo?.();
  };
}

/** Effects that change something wait at the end of the same queue. */
function runWaiting(): void {
  for (const again of waiting) {
    waiting.delete(again);
    again();
  }
}

/** Several changes as one: effects come at the end. */
export function batch(work: () => void): void {
  depth++;
  try {
    work();
    if (depth === 1) runWaiting();
  } finally {
    depth--;
  }
}
