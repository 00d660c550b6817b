// Speaks Trino's client protocol: a statement is posted, its pages are followed, a DELETE ends it.
import { setTimeout as delay } from 'node:timers/promises'
import { dataCatalog } from '@ticklake/runtime/engine-catalogs.ts'
import { trinoHeaders } from '@ticklake/runtime/engine-secret.ts'
import { reasonOf } from '@ticklake/runtime/errors.ts'
import { CutOff, type EngineError, systemFailure } from '../api/errors.ts'

export interface Engine {
  readonly url: URL
  /** What it asks for; undefined where it takes anyone. */
  readonly secret: string | undefined
}

/** A type as Trino describes it: its name, and what stands in its parentheses. */
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

/** A stage of the plan, with those whose rows it takes. */
export interface EngineStage {
  readonly stageId: string
  readonly state: string
  readonly wallTimeMillis: number
  readonly processedRows: number
  readonly processedBytes: number
  readonly subStages: readonly EngineStage[]
}

/** One answer of the engine. A value is what Trino's JSON has; integers beyond 2^53 are their text. */
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
  /** Settings of the catalog; those of another one have its name before a point. */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

/** How long an engine that is not there, or starts up, is waited for before its query fails. */
export const waitForEngineMs = 120_000
/** The engine answers a page within a second, also with "not yet"; much longer means that it hangs. */
const pageTimeoutMs = 60_000
/** Two pages are in memory at a time; Trino's own 16 MB would make this 200 MB of rows. */
const pageSize = '2MB'

/**
 * The first page of a statement. An engine that cannot be reached is waited for: it has not seen the statement, so
 * nothing runs twice.
 * @throws QueryFailure when it stays away
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
      const response = await fetch(new URL('/v1/statement', engine.url), {
        method: 'POST',
        body: sql,
        headers: {
          ...trinoHeaders('athena', engine.secret),
          'X-Trino-Source': 'local-aws',
          'X-Trino-Catalog': session.catalog,
          'X-Trino-Schema': session.schema,
          'X-Trino-Time-Zone': 'UTC',
          ...settingsHeader(session),
        },
        signal: AbortSignal.any([signal, AbortSignal.timeout(pageTimeoutMs)]),
      })
      const text = await response.text()
      if (response.status === 200) return parsePage(text)
      if (response.status === 502 || response.status === 503 || response.status === 504) {
        why = `it answered ${response.status}`
      } else {
        throw systemFailure(
          `GENERIC_INTERNAL_ERROR: the SQL engine answered ${response.status}: ${text.slice(0, 200)}`,
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
 * The page that `page` names as next. A cut connection is tried again, which is safe: a page may be asked for twice.
 * @throws QueryFailure when the engine is gone or has forgotten the query
 */
export async function nextPage(engine: Engine, nextUri: string, signal: AbortSignal): Promise<EnginePage> {
  const page = pageAt(engine, nextUri)
  page.searchParams.set('targetResultSize', pageSize)
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(page, {
        headers: trinoHeaders('athena', engine.secret),
        signal: AbortSignal.any([signal, AbortSignal.timeout(pageTimeoutMs)]),
      })
      const text = await response.text()
      if (response.status === 200) return parsePage(text)
      if (response.status < 502 || response.status > 504 || attempt === 5) {
        throw new CutOff(
          `GENERIC_INTERNAL_ERROR: the SQL engine lost the query (it answered ${response.status}). It may have been restarted`,
        )
      }
    } catch (error) {
      if (signal.aborted || isUnreachable(error) || attempt === 5) throw asSystemFailure(error)
    }
    await delay(100 * attempt, undefined, { signal })
  }
}

/** Ends the query at the engine; that it cannot be told is no error, it ends by itself when nobody asks on. */
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

/** Trino may name itself otherwise than it is reached (https, behind a proxy): only the path is taken. */
function pageAt(engine: Engine, nextUri: string): URL {
  return new URL(new URL(nextUri).pathname, engine.url)
}

/** Parses a page. Only where the text has a run of 16 digits can a number lose digits; only then is care taken. */
export function parsePage(text: string): EnginePage {
  return /\d{16}/.test(text) ? JSON.parse(text, exactIntegers as Reviver) : JSON.parse(text)
}

type Reviver = (this: unknown, key: string, value: unknown) => unknown

function exactIntegers(_key: string, value: unknown, context: { source?: string }): unknown {
  return typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source!)
    ? context.source
    : value
}

function settingsHeader({ settings = {} }: EngineSession): Record<string, string> {
  const pairs = Object.entries(settings).map(
    ([name, value]) => `${name.includes('.') ? name : `${dataCatalog}.${name}`}=${value}`,
  )
  return pairs.length === 0 ? {} : { 'X-Trino-Session': pairs.join(',') }
}

/** The connection was refused: the request did not reach anyone. */
function isUnreachable(error: unknown): boolean {
  const cause = (error as Error).cause as (Error & { code?: string }) | undefined
  const code = cause?.code ?? (cause instanceof AggregateError ? cause.errors[0]?.code : undefined)
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'].includes(
    code ?? '',
  )
}

function asSystemFailure(error: unknown): unknown {
  if (!(error instanceof Error) || !(error instanceof TypeError || error.name === 'TimeoutError'))
    return error
  return new CutOff(
    `GENERIC_INTERNAL_ERROR: the SQL engine went away while the query ran (${reasonOf(error.cause ?? error)})`,
  )
}
