// The lines that a service writes to standard error, and functions that wait for one of them.
import { PATIENCE_MS } from './patience.ts'

export interface LogLine {
  readonly [name: string]: unknown
}

export class LogLines {
  readonly #hasEnded: () => boolean
  readonly #lines: LogLine[] = []
  #rest = ''
  #waiting: (() => void)[] = []

  /** @param hasEnded whether no more lines will come */
  constructor(hasEnded: () => boolean) {
    this.#hasEnded = hasEnded
  }

  /** All of it, log lines as JSON. */
  get text(): string {
    return this.#lines.map((line) => ('text' in line ? line.text : JSON.stringify(line))).join('\n')
  }

  add(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) {
      try {
        this.#lines.push(JSON.parse(line) as LogLine)
      } catch {
        this.#lines.push({ text: line })
      }
    }
    this.notify()
  }

  /** Wakes those who wait, for example because the service has ended. */
  notify(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Waits for the first log line with this message. @throws Error when the service or the time ends without it */
  async logged(message: string, withinMs = PATIENCE_MS): Promise<LogLine> {
    const deadline = Date.now() + withinMs
    for (;;) {
      const line = this.#lines.find(({ msg }) => typeof msg === 'string' && msg.includes(message))
      if (line) return line
      if (this.#hasEnded()) throw new Error(`it ended without "${message}":\n${this.text}`)
      if (Date.now() > deadline) throw new Error(`no "${message}" in ${withinMs} ms:\n${this.text}`)
      await this.#heard(250)
    }
  }

  /** Resolves when it logs the next line with this message, ends, or the time is over. */
  async nextLogged(message: string, withinMs: number): Promise<void> {
    const deadline = Date.now() + withinMs
    for (let read = this.#lines.length; !this.#hasEnded() && Date.now() < deadline; ) {
      await this.#heard(deadline - Date.now())
      const fresh = this.#lines.slice(read)
      if (fresh.some(({ msg }) => typeof msg === 'string' && msg.includes(message))) return
      read += fresh.length
    }
  }

  /** Resolves when a line was written or the service ended, and after this long in any case. */
  #heard(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs)
      this.#waiting.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}
