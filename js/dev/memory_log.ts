/** The log of actions, as the kernel made of memory tells it: one line for each thing to undo. */
import type { LogText, LogWindow } from "../src/protocol";
import type { MemoryKernel } from "./memory_kernel";

const linesOf = ({ state }: MemoryKernel) => state.undo.map(({ words }) => `session.do(${words})`);

export function logOf(kernel: MemoryKernel, start: number, stop: number): LogWindow {
  const lines = linesOf(kernel);
  return { total: lines.length, start, lines: lines.slice(start, stop) };
}

export function logTextOf(kernel: MemoryKernel, chosen?: number[]): LogText {
  const lines = linesOf(kernel).filter((_, at) => !chosen || chosen.includes(at));
  return { python: lines.map((line) => `${line}\n`).join("") };
}
