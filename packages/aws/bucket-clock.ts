// The bucket's clock, read from its answers: deletion and closing of hours use it, never the machine's.
import type { S3Client } from '@aws-sdk/client-s3'
import { Failure } from '@ticklake/runtime/errors.ts'

/** The clock of HTTP, and that of LastModified, has whole seconds. */
const RESOLUTION_MS = 1_000
/** Answers take a while; a larger difference is not a delay. */
const JUMP_MS = 60_000
const EARLIEST_MS = Date.UTC(2020, 0)
const LATEST_MS = Date.UTC(2100, 0)

/** The time of an answer, and when it came. */
interface ServerTime {
  readonly dateMs: number
  readonly atMs: number
}

type Seen = ServerTime | { readonly problem: string }

/** One series of readings of the clock, which must stay steady while it is used. */
export interface SteadyClock {
  /**
   * The bucket's time (ms since 1970), never later than the real one.
   * @throws Failure BUCKET_CLOCK when the last answer had no usable time, or the clock has jumped since the series
   * began
   */
  nowMs(): number
}

export class BucketClock {
  readonly #elapsedMs: () => number
  readonly #dates = new WeakMap<object, number>()
  #last: Seen = { problem: 'no answer has come yet' }
  #lastGood: ServerTime | undefined
  /** What later answers are compared with. */
  #anchor: ServerTime | undefined
  #jump = { count: 0, what: '' }

  /** @param elapsedMs a monotonic clock; only differences matter */
  constructor(elapsedMs: () => number = () => performance.now()) {
    this.#elapsedMs = elapsedMs
  }

  /** Reads the time of every answer that this client gets. */
  follow(client: Pick<S3Client, 'middlewareStack'>): void {
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args)
        const { headers } = result.response as { headers?: Readonly<Record<string, string>> }
        const dateMs = this.saw(headers?.date)
        if (dateMs !== undefined && result.output) this.#dates.set(result.output, dateMs)
        return result
      },
      { step: 'deserialize', priority: 'high', name: 'bucketClock' },
    )
  }

  /** An answer came with this Date. @returns its time, or undefined if invalid */
  saw(date: string | undefined): number | undefined {
    const atMs = this.#elapsedMs()
    const dateMs = parseHttpDate(date)
    if (dateMs === undefined) {
      this.#last = { problem: date === undefined ? 'its answers have no Date' : `its Date was "${date}"` }
      return undefined
    }
    if (this.#anchor) {
      const byMs = dateMs - this.#anchor.dateMs - (atMs - this.#anchor.atMs)
      if (Math.abs(byMs) > JUMP_MS) {
        const seconds = Math.round(Math.abs(byMs) / 1000)
        const how = byMs > 0 ? 'ahead' : 'back'
        this.#jump = { count: this.#jump.count + 1, what: `its time jumped ${seconds} s ${how}` }
      }
    }
    this.#last = this.#lastGood = { dateMs, atMs }
    this.#anchor ??= this.#lastGood
    return dateMs
  }

  /**
   * How long ago an object was written, according to the answer that returned it: never more than it really is.
   * Undefined if the answer does not say, or contradicts itself.
   */
  ageMs(answer: { readonly LastModified?: Date | undefined }): number | undefined {
    const dateMs = this.#dates.get(answer)
    const writtenMs = answer.LastModified?.getTime()
    if (dateMs === undefined || writtenMs === undefined || Number.isNaN(writtenMs)) return undefined
    // Both were rounded down to whole seconds.
    const ageMs = dateMs - writtenMs - RESOLUTION_MS
    return ageMs < -2 * RESOLUTION_MS ? undefined : Math.max(0, ageMs)
  }

  /** Begins a series of readings: a later jump makes it useless. */
  steady(): SteadyClock {
    // A new one each time: two correct clocks drift apart in weeks, and a machine that slept has lost time.
    this.#anchor = this.#lastGood
    const jumps = this.#jump.count
    return {
      nowMs: () => {
        if ('problem' in this.#last) throw clockFailure(this.#last.problem)
        if (this.#jump.count !== jumps) throw clockFailure(this.#jump.what)
        return this.#last.dateMs
      },
    }
  }
}

function clockFailure(why: string): Failure {
  return new Failure({
    code: 'BUCKET_CLOCK',
    what: 'the bucket’s clock cannot be relied on; no hour is closed by it, and nothing is deleted',
    why,
    remedy:
      'find out what answers for S3: a proxy that removes or changes the Date, or servers whose clocks differ; then run it again',
    retryable: true,
  })
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Thu, 26 Nov 2026 04:06:01 GMT` in ms; undefined for anything else, and for impossible times. */
function parseHttpDate(text: string | undefined): number | undefined {
  const match = /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/.exec(text ?? '')
  if (!match) return undefined
  const [, day, month, year, hour, minute, second] = match
  const ms = Date.UTC(
    Number(year),
    months.indexOf(month!),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  )
  const isOne = new Date(ms).toUTCString() === text
  return isOne && ms >= EARLIEST_MS && ms < LATEST_MS ? ms : undefined
}
