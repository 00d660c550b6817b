// Repeats one request while there are viewers; holds the last answer, and why the newest attempt failed.
import { sleep } from '@ticklake/runtime/process.ts'
import { problemOf } from './problem.ts'
import type { Problem } from './wire.ts'

export interface Polled<T> {
  /** The last answer, also after failures. */
  readonly value: T | undefined
  /** When it arrived, ms since 1970. */
  readonly at: number
  /** Why the newest attempt failed; undefined when it did not. */
  readonly problem: Problem | undefined
}

export class Poller<T> {
  readonly #request: (signal: AbortSignal) => Promise<T>
  readonly #everyMs: number
  readonly #onAnswer: (value: T) => void
  readonly #onFailure: (error: unknown) => void
  readonly #onDefect: (defect: unknown) => void
  #state: Polled<T> = { value: undefined, at: 0, problem: undefined }
  #startedAt = Number.NEGATIVE_INFINITY

  constructor(options: {
    request: (signal: AbortSignal) => Promise<T>
    everyMs: number
    onAnswer?: (value: T) => void
    onFailure?: (error: unknown) => void
    /** Gets each error that is not a Failure once, even if it repeats. */
    onDefect: (defect: unknown) => void
  }) {
    this.#request = options.request
    this.#everyMs = options.everyMs
    this.#onAnswer = options.onAnswer ?? (() => {})
    this.#onFailure = options.onFailure ?? (() => {})
    this.#onDefect = options.onDefect
  }

  get state(): Polled<T> {
    return this.#state
  }

  /** Polls until the signal aborts, keeping the interval between requests also across runs. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // After a slow answer, the pause is as long as the answer took.
      const pauseMs = Math.max(this.#everyMs, this.#tookMs) - (Date.now() - this.#startedAt)
      if (pauseMs > 0) await sleep(pauseMs, signal)
      if (signal.aborted) return
      this.#startedAt = Date.now()
      try {
        const value = await this.#request(signal)
        if (signal.aborted) return
        this.#state = { value, at: Date.now(), problem: undefined }
        this.#onAnswer(value)
      } catch (error) {
        if (signal.aborted) return
        const onDefect = this.#state.problem?.code === 'DEFECT' ? () => {} : this.#onDefect
        this.#state = { ...this.#state, problem: problemOf(error, onDefect) }
        this.#onFailure(error)
      }
      this.#tookMs = Math.min(60_000, 2 * (Date.now() - this.#startedAt))
    }
  }

  #tookMs = 0
}
