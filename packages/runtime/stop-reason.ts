// Why a service has stopped with an error, shown to scrapes before the process ends.
import { milliseconds } from './env.ts'
import { codeOf, Failure, reasonOf } from './errors.ts'
import type { Logger } from './log.ts'
import { countStop, type Registry } from './metrics.ts'
import { asFailure, sleep } from './process.ts'

/** The variable's rule, for each service that has one. */
export const stopLinger = milliseconds({
  doc: 'how long the process lingers after an error has stopped its work, so that /metrics and /readyz say why; a signal ends it at once. The compose files set 30000, enough for two scrapes',
  default: 0,
})

export interface StopParts {
  readonly registry: Registry
  readonly log: Pick<Logger, 'error'>
  /** How long the process lingers after its work has ended with an error; 0: not at all. */
  readonly lingerMs: number
  /** Ends the lingering at once. */
  readonly signal: AbortSignal
}

export class StopReason {
  readonly #parts: StopParts
  #why: string | undefined

  constructor(parts: StopParts) {
    this.#parts = parts
  }

  /** For /readyz: why the service has stopped; undefined while it works. */
  get why(): string | undefined {
    return this.#why
  }

  /**
   * Does the service's work. If that ends with an error, not because it was stopped, /metrics and /readyz say so for
   * `lingerMs`, then the error is thrown.
   */
  async during<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (thrown) {
      const error = asFailure(thrown, 'the command ended')
      await this.#linger(error)
      throw error
    }
  }

  async #linger(error: unknown): Promise<void> {
    const { registry, log, lingerMs, signal } = this.#parts
    // An error without a code is a defect.
    const code = codeOf(error) ?? 'DEFECT'
    this.#why = `stopped by ${code}: ${reasonOf(error)}`
    countStop(registry, code)
    if (lingerMs === 0 || signal.aborted) return
    const { why, remedy } = error instanceof Failure ? error : {}
    log.error(
      { code, why, remedy },
      `${this.#why}; /metrics and /readyz say so for ${lingerMs / 1000} s, then the process ends`,
    )
    await sleep(lingerMs, signal)
  }
}
