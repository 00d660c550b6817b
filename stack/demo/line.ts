// The status line of a demo: redrawn on a terminal, and printed now and then elsewhere.
import { printable } from '@ticklake/runtime/printable.ts'

export interface Numbers {
  readonly produced: number
  readonly landed: number
  readonly lag: number
  /** Undefined until Athena has answered. */
  readonly count: number | undefined
  readonly freshSeconds: number | undefined
  readonly objects: number
  readonly bytes: number
}

const whole = new Intl.NumberFormat('en')

/** The numbers as text. @param idle nothing is being produced, so the age of the newest row means nothing */
export function numbersLine(numbers: Numbers, idle = false): string {
  const { count, freshSeconds, lag } = numbers
  const fresh = freshSeconds === undefined || (idle && lag === 0) ? '-' : `${freshSeconds.toFixed(1)} s`
  return [
    `produced ${whole.format(numbers.produced)}`,
    `in the lake ${whole.format(numbers.landed)}`,
    `SELECT COUNT(*) ${count === undefined ? '...' : whole.format(count)}`,
    `lag ${whole.format(lag)}`,
    `freshness ${fresh}`,
    `${whole.format(numbers.objects)} objects`,
    `${(numbers.bytes / 1e6).toFixed(1)} MB`,
  ].join(' | ')
}

const plainEveryMs = 5_000

/** Standard output with a redrawn line at its bottom; other output goes above it. */
export class Screen {
  readonly #out: NodeJS.WriteStream
  #line = ''
  #plainAt = Number.NEGATIVE_INFINITY

  constructor(out: NodeJS.WriteStream = process.stdout) {
    this.#out = out
  }

  /** @param text may come from elsewhere: a service, a server, an error */
  say(text: string): void {
    const safe = printable(text)
    this.#out.write(this.#out.isTTY && this.#line ? `\r\x1b[K${safe}\n${this.#line}` : `${safe}\n`)
  }

  show(line: string): void {
    if (this.#out.isTTY) {
      // A line that wraps cannot be redrawn.
      this.#line = line.slice(0, (this.#out.columns || 80) - 1)
      this.#out.write(`\r\x1b[K${this.#line}`)
      return
    }
    if (performance.now() - this.#plainAt < plainEveryMs) return
    this.#plainAt = performance.now()
    this.#out.write(`${line}\n`)
  }

  /** Leaves the line where it is. */
  end(): void {
    if (this.#line) this.#out.write('\n')
    this.#line = ''
  }
}
