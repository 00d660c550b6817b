// Output on a terminal: colours if wanted, and a progress line on stderr that is redrawn.
import { styleText } from 'node:util'
import type { Env } from './env.ts'
import { printableLine } from './printable.ts'

/** Whether the stream gets colours. NO_COLOR (no-color.org) wins, then FORCE_COLOR; else only on a terminal. */
export function hasColours(stream: { readonly isTTY?: boolean }, env: Env = process.env): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '') return env.FORCE_COLOR !== '0'
  return stream.isTTY === true && env.TERM !== 'dumb'
}

export type Paint = (text: string) => string

export interface Colours {
  readonly bold: Paint
  readonly dim: Paint
  readonly red: Paint
  readonly green: Paint
  readonly yellow: Paint
}

/** Colours the text, or returns it unchanged if colours are not wanted. */
export function coloursFor(stream: { readonly isTTY?: boolean }, env: Env = process.env): Colours {
  const on = hasColours(stream, env)
  const paint =
    (style: keyof Colours): Paint =>
    (text) =>
      on ? styleText(style, text, { validateStream: false }) : text
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
  }
}

/** The columns of a terminal, 80 if unknown. */
export function columnsOf(stream: { readonly columns?: number }): number {
  return stream.columns === undefined || stream.columns < 1 ? 80 : stream.columns
}

/** The text in one line of a terminal; `…` replaces what does not fit. */
export function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`
}

interface Stream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export interface ProgressLine extends Disposable {
  show(text: string): void
  clear(): void
}

/** One line that is redrawn on a terminal; elsewhere nothing. @param afterMs quick work shows nothing */
export function progressLine(stream: Stream = process.stderr, afterMs = 0): ProgressLine {
  const from = Date.now() + afterMs
  let shown = false
  const clear = () => {
    if (shown) stream.write('\r\u001b[K')
    shown = false
  }
  return {
    show(text) {
      if (!stream.isTTY || Date.now() < from) return
      // A line that wraps cannot be redrawn.
      stream.write(`\r\u001b[K${cut(printableLine(text), columnsOf(stream) - 1)}`)
      shown = true
    },
    clear,
    [Symbol.dispose]: clear,
  }
}

/**
 * Shows `doing` with its seconds while the work takes more than two of them.
 * @param doing called at each redraw, so that it can show progress
 */
export async function whileWaiting<T>(
  doing: () => string,
  work: Promise<T>,
  stream: Stream = process.stderr,
): Promise<T> {
  const startedAt = Date.now()
  using line = progressLine(stream, 2_000)
  const timer = setInterval(
    () => line.show(`${doing()}, ${Math.round((Date.now() - startedAt) / 1000)} s (Ctrl-C stops)`),
    500,
  )
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}
