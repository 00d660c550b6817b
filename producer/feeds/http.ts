// Requests to a feed's server over HTTP: within its rate limit; a refusal becomes an error with its Retry-After.
import { sleep } from '@ticklake/runtime/process.ts'

const ANSWER_MS = 20_000
const MAX_BODY_BYTES = 32 * 1024 * 1024
const MAX_RETRY_AFTER_MS = 24 * 3_600_000

/** An answer with an unexpected status. */
export class HttpError extends Error {
  readonly status: number
  /** How long the server asks to wait; undefined if it does not say. */
  readonly retryAfterMs: number | undefined

  constructor(status: number, detail: string, retryAfterMs?: number) {
    super(`HTTP ${status}${detail ? `: ${detail}` : ''}`)
    this.status = status
    this.retryAfterMs = retryAfterMs
  }

  /** Whether the same request will always be refused. */
  get isFinal(): boolean {
    return [400, 401, 403, 404, 405, 410, 451].includes(this.status)
  }
}

/** @param value seconds or a date, according to RFC 9110 */
export function retryAfterMs(value: string | null | undefined, nowMs = Date.now()): number | undefined {
  if (!value) return undefined
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - nowMs
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS)
}

/** @throws HttpError if the status is not 2xx */
export async function requireOk(response: Response): Promise<Response> {
  if (response.ok) return response
  const detail = (await response.text().catch(() => '')).replace(/\s+/g, ' ').slice(0, 200)
  throw new HttpError(response.status, detail, retryAfterMs(response.headers.get('retry-after')))
}

export interface JsonAnswer {
  readonly body: unknown
  /** The server's clock. */
  readonly serverMs: number
}

/** A client of one server, one request at a time. */
export class HttpClient {
  readonly #minIntervalMs: number
  #nextAt = 0

  /** @param minIntervalMs between two requests */
  constructor(minIntervalMs: number) {
    this.#minIntervalMs = minIntervalMs
  }

  /** @throws HttpError; TypeError without a connection; the signal's reason */
  async json(url: URL, signal: AbortSignal): Promise<JsonAnswer> {
    const waitMs = this.#nextAt - Date.now()
    this.#nextAt = Math.max(Date.now(), this.#nextAt) + this.#minIntervalMs
    if (waitMs > 0) await sleep(waitMs, signal)
    const response = await requireOk(
      await fetch(url, {
        headers: { accept: 'application/json', 'user-agent': 'ticklake' },
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
      }),
    )
    const text = await response.text()
    if (text.length > MAX_BODY_BYTES) throw new Error('the answer is longer than 32 MiB')
    const dateMs = Date.parse(response.headers.get('date') ?? '')
    const serverMs = Number.isNaN(dateMs) ? Date.now() : dateMs
    try {
      return { body: JSON.parse(text), serverMs }
    } catch {
      throw new Error(`the answer is not JSON: ${text.slice(0, 80).replace(/\s+/g, ' ')}`)
    }
  }
}
