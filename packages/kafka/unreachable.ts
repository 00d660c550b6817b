// The one error for a broker that does not answer; each caller adds what was not done.
import { Failure } from '@ticklake/runtime/errors.ts'

interface Facts {
  /** What does not answer, and what happened to records and lake. */
  readonly what: string
  readonly why: string
  /** What else to do, besides starting it or naming another. */
  readonly remedy?: string
  readonly cause?: unknown
}

/** Failure KAFKA_UNREACHABLE; the same attempt may succeed later. */
export function kafkaUnreachable({ what, why, remedy, cause }: Facts): Failure {
  return new Failure({
    code: 'KAFKA_UNREACHABLE',
    what,
    why,
    remedy: remedy ?? 'start it (`make stack`, `make demo` or `make up`), or set KAFKA_BOOTSTRAP_SERVERS',
    retryable: true,
    cause,
  })
}
