// One line for each step of set-up: redrawn with seconds on a terminal, one line at each end elsewhere.
import { printableLine } from '@ticklake/runtime/printable.ts'

export class Progress implements Disposable {
  readonly #name: string
  readonly #begun = performance.now()
  readonly #timer: NodeJS.Timeout | undefined
  #detail: string

  constructor(name: string, about: string) {
    this.#name = name
    this.#detail = printableLine(about)
    if (process.stderr.isTTY) this.#timer = setInterval(() => this.#draw(), 500)
    else process.stderr.write(`  ${name} (${about}) ...\n`)
  }

  /** What is being done now, such as `12/194 MB`. */
  set detail(detail: string) {
    this.#detail = printableLine(detail)
  }

  done(): void {
    const line = `  ${this.#name}: ${this.#detail}, ${this.#seconds()} s\n`
    process.stderr.write(this.#timer ? `\r\x1b[K${line}` : line)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #draw(): void {
    process.stderr.write(`\r\x1b[K  ${this.#name}: ${this.#detail}, ${this.#seconds()} s`)
  }

  #seconds(): string {
    return ((performance.now() - this.#begun) / 1000).toFixed(0)
  }
}
