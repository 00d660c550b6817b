// Trino's client protocol: a statement is posted, its pages are followed, a DELETE cancels it.
import { setTimeout as delay } from 'node:timers/promises'
import { trinoHeaders } from '@ticklake/runtime/engine-secret.ts'
import { reasonOf } from '@ticklake/runtime/errors.ts'
import { type EngineError, Interrupted, systemFailure } from '../api/errors.ts'

export interface Engine {
  readonly url: URL
  /** The secret that Trino requires; undefined if it requires none. */
  readonly secret: string | undefined
  /** How long it may be silent before its health is checked. */
  readonly silenceMs?: number
}

/** A type as Trino describes it: its name and its arguments. */
export interface TypeSignature {
  readonly rawType: string
  readonly arguments: readonly TypeArgument[]
}

export type TypeArgument =
  | { readonly kind: 'TYPE'; readonly value: TypeSignature }
  | { readonly kind: 'LONG'; readonly value: number }
  | {
      readonly kind: 'NAMED_TYPE'
      readonly value: {
        readonly fieldName?: { readonly name: string }
        readonly typeSignature: TypeSignature
      }
    }

export interface EngineColumn {
  readonly name: string
  readonly type: string
  readonly typeSignature: TypeSignature
}

export interface EngineStats {
  readonly state: string
  readonly queuedTimeMillis: number
  readonly elapsedTimeMillis: number
  readonly planningTimeMillis?: number
  readonly physicalInputBytes: number
  readonly processedRows?: number
  readonly processedBytes?: number
  readonly rootStage?: EngineStage
}

/** A stage of the plan, with the stages that it reads from. */
export interface EngineStage {
  readonly stageId: string
  readonly state: string
  readonly wallTimeMillis: number
  readonly processedRows: number
  readonly processedBytes: number
  readonly subStages: readonly EngineStage[]
}

/** One page of an answer. Values are as in Trino's JSON; integers beyond 2^53 are strings. */
export interface EnginePage {
  readonly id: string
  readonly nextUri?: string
  readonly columns?: readonly EngineColumn[]
  readonly data?: readonly (readonly unknown[])[]
  readonly stats: EngineStats
  readonly updateType?: string
  readonly updateCount?: number
  readonly error?: EngineError
}

export interface EngineSession {
  readonly catalog: string
  readonly schema: string
  /** Session properties; those of the catalog are named `catalog.property`. */
  readonly properties?: Readonly<Record<string, string>> | undefined
}

/** How long an engine may be away, starting up or silent; then the query fails. */
export const waitForEngineMs = 8_000
/** The engine answers within a second, if only with "not yet". If it stays silent, its health is checked. */
const silenceMs = 3_000
/** Two pages are in memory at a time; Trino's own 16 MB would make this 200 MB of rows. */
const pageSize = '2MB'

/**
 * The first page of a statement. An unreachable engine is retried: it has not seen the statement, so nothing runs
 * more than once. A statement that arrives after its query was aborted is cancelled.
 * @throws QueryFailure when it stays unreachable
 */
export async function submit(
  engine: Engine,
  sql: string,
  session: EngineSession,
  signal: AbortSignal,
): Promise<EnginePage> {
  const giveUpAt = Date.now() + waitForEngineMs
  for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, 1_000)) {
    let why: string
    try {
      const answer = ask(engine, new URL('/v1/statement', engine.url), {
        method: 'POST',
        body: sql,
        headers: {
          ...trinoHeaders('athena', engine.secret),
          'X-Trino-Source': 'local-aws',
          'X-Trino-Catalog': session.catalog,
          'X-Trino-Schema': session.schema,
          'X-Trino-Time-Zone': 'UTC',
          // Without it every time and timestamp has three digits, whatever its type.
          'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME',
          ...propertiesHeader(session),
        },
      })
      const { status, text } = await abortable(answer, signal).catch((error) => {
        if (signal.aborted)
          void answer.then(
            (late) => cancelFirstPage(engine, late),
            () => undefined,
          )
        throw error
      })
      if (status === 200) return parsePage(text)
      if (status === 502 || status === 503 || status === 504) {
        why = `it answered ${status}`
      } else {
        throw systemFailure(
          `GENERIC_INTERNAL_ERROR: the SQL engine answered ${status}: ${text.slice(0, 200)}`,
        )
      }
    } catch (error) {
      if (signal.aborted || !isUnreachable(error)) throw asSystemFailure(error)
      why = reasonOf((error as Error).cause)
    }
    if (Date.now() + waitMs > giveUpAt) {
      throw systemFailure(
        `GENERIC_INTERNAL_ERROR: the SQL engine at ${engine.url.origin} is not available: ${why}`,
      )
    }
    await delay(waitMs, undefined, { signal })
  }
}

/**
 * The page after `page`. A lost connection is retried, which is safe: a page may be requested again.
 * @throws QueryFailure when the engine is gone or has forgotten the query
 */
export async function nextPage(engine: Engine, nextUri: string, signal: AbortSignal): Promise<EnginePage> {
  const page = pageAt(engine, nextUri)
  page.searchParams.set('targetResultSize', pageSize)
  for (let attempt = 1; ; attempt++) {
    try {
      const { status, text } = await ask(
        engine,
        page,
        { headers: trinoHeaders('athena', engine.secret) },
        signal,
      )
      if (status === 200) return parsePage(text)
      if (status < 502 || status > 504 || attempt === 5) {
        throw new Interrupted(
          `GENERIC_INTERNAL_ERROR: the SQL engine lost the query (it answered ${status}). It may have been restarted`,
        )
      }
    } catch (error) {
      if (signal.aborted || isUnreachable(error) || error instanceof Interrupted || attempt === 5)
        throw asSystemFailure(error)
    }
    await delay(100 * attempt, undefined, { signal })
  }
}

/** Cancels the query. If that fails, the engine ends it by itself once nobody requests its pages. */
export async function cancel(engine: Engine, nextUri: string): Promise<void> {
  await fetch(pageAt(engine, nextUri), {
    method: 'DELETE',
    headers: trinoHeaders('athena', engine.secret),
    signal: AbortSignal.timeout(5_000),
  }).then(
    (response) => response.body?.cancel(),
    () => undefined,
  )
}

async function cancelFirstPage(engine: Engine, { status, text }: EngineAnswer): Promise<void> {
  const nextUri = status === 200 ? parsePage(text).nextUri : undefined
  if (nextUri !== undefined) await cancel(engine, nextUri)
}

/** On one machine, compressing pages of rows takes longer than sending them. */
const uncompressed = { 'Accept-Encoding': 'identity' }

interface EngineAnswer {
  readonly status: number
  readonly text: string
}

/** One request. A frozen engine is detected by its silence. @throws Interrupted */
async function ask(engine: Engine, url: URL, init: RequestInit, signal?: AbortSignal): Promise<EngineAnswer> {
  const silent = new AbortController()
  const watch = setInterval(async () => {
    if (await isAlive(engine)) return
    silent.abort(new Interrupted('GENERIC_INTERNAL_ERROR: the SQL engine does not answer any more'))
  }, engine.silenceMs ?? silenceMs).unref()
  try {
    const signals = signal === undefined ? [silent.signal] : [silent.signal, signal]
    const headers = { ...init.headers, ...uncompressed }
    const response = await fetch(url, { ...init, headers, signal: AbortSignal.any(signals) })
    return { status: response.status, text: await response.text() }
  } finally {
    clearInterval(watch)
  }
}

async function isAlive(engine: Engine): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(engine.silenceMs ?? silenceMs)
    await (await fetch(new URL('/v1/info', engine.url), { signal })).body?.cancel()
    return true
  } catch {
    return false
  }
}

/** The promise, or the signal's reason if that comes first. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** Trino may put another address into its links (https, behind a proxy): only the path is used. */
function pageAt(engine: Engine, nextUri: string): URL {
  return new URL(new URL(nextUri).pathname, engine.url)
}

/** Parses a page. A number can lose digits only if the text has a run of 16 digits; only then is extra care needed. */
export function parsePage(text: string): EnginePage {
  return /\d{16}/.test(text) ? JSON.parse(text, exactIntegers as Reviver) : JSON.parse(text)
}

type Reviver = (this: unknown, key: string, value: unknown) => unknown

function exactIntegers(_key: string, value: unknown, context: { source?: string }): unknown {
  return typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source!)
    ? context.source
    : value
}

function propertiesHeader({ properties = {} }: EngineSession): Record<string, string> {
  const pairs = Object.entries(properties).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return pairs.length === 0 ? {} : { 'X-Trino-Session': pairs.join(',') }
}

/** The connection was refused: no server got the request. */
function isUnreachable(error: unknown): boolean {
  const cause = (error as Error).cause as (Error & { code?: string }) | undefined
  const code = cause?.code ?? (cause instanceof AggregateError ? cause.errors[0]?.code : undefined)
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'].includes(
    code ?? '',
  )
}

function asSystemFailure(error: unknown): unknown {
  if (!(error instanceof TypeError)) return error
  return new Interrupted(
    `GENERIC_INTERNAL_ERROR: the SQL engine went away while the query ran (${reasonOf(error.cause ?? error)})`,
  )
}
