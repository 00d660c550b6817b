// Reports an attempt that keeps failing: one line when it fails, one a minute, one when it works again.
import { codeOf, reasonOf } from './errors.ts'
import type { Logger } from './log.ts'
import type { FailingSince } from './metrics.ts'

export interface OutageLines {
  failed(facts: { attempt: string; why: string }): void
  stillFailing(facts: { attempt: string; why: string; seconds: number; attempts: number }): void
  back(facts: { attempt: string; seconds: number; attempts: number }): void
}

const REPEAT_AFTER_MS = 60_000

/** One attempt, such as `put_object` or `reach_broker`, from its first failure until it works again. */
export class Outage {
  readonly attempt: string
  readonly #lines: OutageLines
  readonly #now: () => number
  #since: number | undefined
  #reportedAt = 0
  #attempts = 0
  #why: string | undefined

  /** @param now ms; only differences matter */
  constructor(attempt: string, lines: OutageLines, now: () => number = Date.now) {
    this.attempt = attempt
    this.#lines = lines
    this.#now = now
  }

  /** Why it fails, or undefined while it works. */
  get why(): string | undefined {
    return this.#why
  }

  /** Since when it fails, in the clock's ms. */
  get sinceMs(): number | undefined {
    return this.#since
  }

  failed(why: string): void {
    const nowMs = this.#now()
    this.#why = why
    this.#attempts++
    if (this.#since === undefined) {
      this.#since = this.#reportedAt = nowMs
      this.#lines.failed({ attempt: this.attempt, why })
    } else if (nowMs - this.#reportedAt >= REPEAT_AFTER_MS) {
      this.#reportedAt = nowMs
      const seconds = Math.round((nowMs - this.#since) / 1000)
      this.#lines.stillFailing({ attempt: this.attempt, why, seconds, attempts: this.#attempts })
    }
  }

  worked(): void {
    if (this.#since === undefined) return
    const seconds = Math.round((this.#now() - this.#since) / 1000)
    this.#lines.back({ attempt: this.attempt, seconds, attempts: this.#attempts })
    this.#since = this.#why = undefined
    this.#attempts = 0
  }
}

/** All attempts of a service, by name. */
export class Outages {
  readonly #lines: OutageLines
  readonly #now: () => number
  readonly #count: FailingSince
  readonly #byAttempt = new Map<string, Outage>()

  /** @param count records the metric that alerts use */
  constructor(lines: OutageLines, now: () => number = Date.now, count: FailingSince = () => {}) {
    this.#lines = lines
    this.#now = now
    this.#count = count
  }

  /** @param code the code of an error that is not a Failure, if known */
  failed(attempt: string, error: unknown, code = codeOf(error)): void {
    const outage = this.#of(attempt)
    outage.failed(whyOf(error))
    this.#count(attempt, { code, sinceMs: outage.sinceMs! })
  }

  worked(attempt: string): void {
    this.#byAttempt.get(attempt)?.worked()
    this.#count(attempt, undefined)
  }

  /** Why that attempt fails, or undefined while it works. */
  why(attempt: string): string | undefined {
    return this.#byAttempt.get(attempt)?.why
  }

  /** The attempts that fail now. */
  failing(): string[] {
    return [...this.#byAttempt.values()].filter(({ why }) => why !== undefined).map(({ attempt }) => attempt)
  }

  #of(attempt: string): Outage {
    const outage = this.#byAttempt.get(attempt) ?? new Outage(attempt, this.#lines, this.#now)
    this.#byAttempt.set(attempt, outage)
    return outage
  }
}

/** @param meanwhile what the outage means for the data */
export function outageLines(log: Pick<Logger, 'warn' | 'info'>, meanwhile: string): OutageLines {
  const readable = (attempt: string) => attempt.replaceAll('_', ' ')
  return {
    failed: (facts) =>
      log.warn(facts, `${readable(facts.attempt)} failed and is tried again, ${meanwhile}: ${facts.why}`),
    stillFailing: (facts) =>
      log.warn(
        facts,
        `${readable(facts.attempt)} still fails after ${facts.seconds} s, ${meanwhile}: ${facts.why}`,
      ),
    back: (facts) => log.info(facts, `${readable(facts.attempt)} works again after ${facts.seconds} s`),
  }
}

/** The message, and the `why` of a Failure. */
function whyOf(error: unknown): string {
  const why = (error as { why?: unknown } | undefined)?.why
  return typeof why === 'string' ? `${reasonOf(error)} (${why})` : reasonOf(error)
}
