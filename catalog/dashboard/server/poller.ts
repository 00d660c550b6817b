// Asks one thing again and again while someone looks; keeps the last answer, and the reason when there is none.
import { sleep } from '@ticklake/runtime/process.ts'
import { problemOf } from './problem.ts'
import type { Problem } from './wire.ts'

export interface Polled<T> {
  /** The last answer, kept through failures. */
  readonly value: T | undefined
  /** When that answer came, ms since 1970. */
  readonly at: number
  /** Why the newest attempt failed; undefined when it did not. */
  readonly problem: Problem | undefined
}

export class Poller<T> {
  readonly #ask: (signal: AbortSignal) => Promise<T>
  readonly #everyMs: number
  readonly #onAnswer: (value: T) => void
  readonly #onFailure: (error: unknown) => void
  readonly #onDefect: (defect: unknown) => void
  #state: Polled<T> = { value: undefined, at: 0, problem: undefined }
  #askedAt = Number.NEGATIVE_INFINITY

  constructor(options: {
    ask: (signal: AbortSignal) => Promise<T>
    everyMs: number
    onAnswer?: (value: T) => void
    onFailure?: (error: unknown) => void
    /** Takes what is no Failure, once for as long as it comes again and again. */
    onDefect: (defect: unknown) => void
  }) {
    this.#ask = options.ask
    this.#everyMs = options.everyMs
    this.#onAnswer = options.onAnswer ?? (() => {})
    this.#onFailure = options.onFailure ?? (() => {})
    this.#onDefect = options.onDefect
  }

  get state(): Polled<T> {
    return this.#state
  }

  /** Asks until the signal aborts; not sooner than the interval after the last time, also across runs. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // A slow answer is not asked for without pause: it rests as long as it takes.
      const restMs = Math.max(this.#everyMs, this.#tookMs) - (Date.now() - this.#askedAt)
      if (restMs > 0) await sleep(restMs, signal)
      if (signal.aborted) return
      this.#askedAt = Date.now()
      try {
        const value = await this.#ask(signal)
        if (signal.aborted) return
        this.#state = { value, at: Date.now(), problem: undefined }
        this.#onAnswer(value)
      } catch (error) {
        if (signal.aborted) return
        const onDefect = this.#state.problem?.code === 'DEFECT' ? () => {} : this.#onDefect
        this.#state = { ...this.#state, problem: problemOf(error, onDefect) }
        this.#onFailure(error)
      }
      this.#tookMs = Math.min(60_000, 2 * (Date.now() - this.#askedAt))
    }
  }

  #tookMs = 0
}
