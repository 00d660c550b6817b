// The page's interface under /api/: each route reads one thing; none writes, but the crawl, where that is allowed.
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { Failure } from '@ticklake/runtime/errors.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { auditLine } from '../../audit/audit.ts'
import type { Audit } from '../../audit/job.ts'
import { isGood } from '../../audit/text.ts'
import { crawl } from '../../tables/crawler.ts'
import { queryLines, type Run, runOf } from './console.ts'
import { examples } from './examples.ts'
import { Explorer } from './explorer.ts'
import { readClaims, readDeadLetters } from './lake-ledger.ts'
import type { LiveParts } from './live.ts'
import { securityHeaders } from './security-headers.ts'
import type { About, AuditView } from './wire.ts'

export interface PageParts extends LiveParts {
  /** Lets the page start the crawler. */
  readonly allowCrawl: boolean
  /** In turn with those that the service runs by itself. */
  readonly audit: Audit
}

const QUERIES_AT_ONCE = 5

/** Adds the routes. Out: ends what they still run. */
export function addRoutes(app: FastifyInstance, parts: PageParts): () => void {
  const { aws, broker, config, events } = parts
  const { lake } = config
  const ended = new AbortController()
  const explorer = new Explorer(aws, config)
  let doing: string | null = null
  const oneAudit = shared(async () => {
    try {
      return await audit(parts, ended.signal, (step) => {
        doing = step
      })
    } finally {
      doing = null
    }
  })
  const oneCrawl = shared(async () => {
    await crawl(aws, config, { signal: ended.signal })
    return explorer.lastCrawl()
  })
  let queries = 0

  /** Streams a query's lines; the connection's end is the query's end. */
  const answer = async (run: Run, response: ServerResponse): Promise<void> => {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    response.writeHead(200, {
      ...securityHeaders(),
      'content-type': 'application/x-ndjson',
      'cache-control': 'no-store',
    })
    response.flushHeaders()
    queries++
    let outcome: 'succeeded' | 'failed' | 'cancelled' = 'failed'
    try {
      const signal = AbortSignal.any([gone.signal, ended.signal])
      for await (const line of queryLines(aws.athena, run, signal, events)) {
        if (line.type === 'end') outcome = 'succeeded'
        if (line.type === 'error' && line.problem.code === 'QUERY_CANCELLED') outcome = 'cancelled'
        if (response.destroyed) break
        if (!response.write(`${JSON.stringify(line)}\n`)) {
          await once(response, 'drain', { signal: gone.signal }).catch(() => {})
        }
      }
    } catch (error) {
      events.defect(error)
    } finally {
      queries--
      events.queryEnded(gone.signal.aborted && outcome !== 'succeeded' ? 'cancelled' : outcome)
      response.end()
    }
  }
  const requireRoom = () => {
    if (queries < QUERIES_AT_ONCE) return
    throw new Failure({
      code: 'BUSY',
      what: `${queries} statements of this page run already; this one was not sent`,
      why: `at most ${QUERIES_AT_ONCE} run at once`,
      remedy: 'wait for one, or cancel one',
    })
  }

  app.get('/api/about', async (): Promise<About> => about(parts))
  app.get('/api/catalog', async () => ({ databases: await explorer.databases() }))
  app.get('/api/table', async (request) => {
    const { database, table } = texts(request.query, 'database', 'table')
    return explorer.table(database, table)
  })
  app.get('/api/objects', async (request) => {
    const { database, table } = texts(request.query, 'database', 'table')
    return { objects: await explorer.objects(database, table, valuesOf(request.query)) }
  })
  app.get('/api/crawl', async () => explorer.lastCrawl())
  app.get('/api/claims', async (request) => {
    const { partition } = texts(request.query, 'partition')
    const { before } = request.query as { before?: string }
    const { topicId } = await broker.topicOnce()
    const claims = await readClaims(
      aws.bucket,
      lake,
      topicId,
      wholeNumber(partition),
      before ? wholeNumber(before) : undefined,
    )
    return { claims }
  })
  app.get('/api/dead-letters', async () => readDeadLetters(aws.bucket, lake))

  app.post('/api/query', async (request, reply) => {
    const run = runOf(texts(request.body, 'sql').sql)
    requireRoom()
    reply.hijack()
    await answer(run, reply.raw)
  })
  app.post('/api/sample', async (request, reply) => {
    const { database, table, key } = texts(request.body, 'database', 'table', 'key')
    const sql = await explorer.sampleSql(database, table, valuesOf(request.body), key)
    const run = runOf(sql)
    requireRoom()
    reply.hijack()
    await answer(run, reply.raw)
  })
  app.get('/api/audit', async () => ({ doing }))
  app.post('/api/audit', async (request) => {
    requireJson(request)
    events.auditAsked()
    return oneAudit()
  })
  app.post('/api/crawl', async (request) => {
    requireJson(request)
    if (!parts.allowCrawl) {
      throw new Failure({
        code: 'CRAWL_NOT_ALLOWED',
        what: 'the page only reads; no crawl was started',
        why: 'the service was started without --allow-crawl',
        remedy: 'run `catalog crawl`, or start `catalog serve --allow-crawl`',
      })
    }
    events.crawlAsked()
    return oneCrawl()
  })
  return () => ended.abort()
}

function about({ config, allowCrawl }: PageParts): About {
  const { lake } = config
  return {
    bucket: lake.bucket,
    prefix: lake.prefix,
    dataset: lake.dataset,
    format: lake.format,
    database: lake.database,
    table: lake.table,
    view: config.view,
    workgroup: lake.workgroup,
    topic: config.kafka.KAFKA_TOPIC,
    onAws: !process.env.AWS_ENDPOINT_URL,
    allowCrawl,
    countEveryMs: config.watchEveryMs,
    examples: examples(lake, config.view),
  }
}

async function audit(
  parts: PageParts,
  signal: AbortSignal,
  onProgress: (doing: string) => void,
): Promise<AuditView> {
  const startedAt = Date.now()
  const outcome = await parts.audit({ deep: false, signal, onProgress })
  const { report } = outcome
  return {
    line: auditLine(report),
    ok: isGood(outcome),
    produced: report.produced,
    landed: report.landed,
    dead: report.dead,
    skipped: report.skipped,
    gaps: report.gaps,
    lost: report.lost,
    twice: report.twice,
    waiting: report.waiting,
    claims: report.claims,
    objects: report.objects,
    settledHours: report.verifiedHours,
    elapsedMs: Date.now() - startedAt,
    scannedBytes: outcome.scannedBytes,
    findings: report.findings.slice(0, 200),
  }
}

/** Whoever asks while it runs gets the answer of that run. */
function shared<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  return () => {
    running ??= work().finally(() => {
      running = undefined
    })
    return running
  }
}

/** A body that is no JSON object is nothing that the page sends. */
function requireJson(request: FastifyRequest): void {
  texts(request.body)
}

/** Glue's and S3's own limits: what is longer names nothing. */
const longest: Readonly<Record<string, number>> = { database: 255, table: 255, key: 1_024, partition: 16 }

function texts<N extends string>(source: unknown, ...names: N[]): Record<N, string> {
  const fields = (typeof source === 'object' && source !== null ? source : undefined) as
    | Record<string, unknown>
    | undefined
  if (!fields) throw badRequest('a JSON object is expected')
  for (const name of names) {
    const value = fields[name]
    if (typeof value !== 'string') throw badRequest(`${name} is missing`)
    const most = longest[name]
    if (most !== undefined && (value === '' || value.length > most)) {
      throw badRequest(`${name} has ${value.length} characters; from 1 to ${most} are possible`)
    }
  }
  return fields as Record<N, string>
}

/** The values of a partition: a JSON list of texts, or absent. */
function valuesOf(source: unknown): string[] {
  const { values } = source as { values?: unknown }
  if (values === undefined || values === '') return []
  try {
    const list: unknown = typeof values === 'string' ? JSON.parse(values) : values
    if (Array.isArray(list) && list.every((value) => typeof value === 'string')) return list
  } catch {
    // Falls through to the same sentence.
  }
  throw badRequest('values is no list of texts')
}

function wholeNumber(text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number))
    throw badRequest(`${text.slice(0, 40)} is no number`)
  return number
}

function badRequest(why: string): Failure {
  return new Failure({
    code: 'BAD_REQUEST',
    what: 'the request is not one that the page makes; nothing was done',
    why,
    remedy: 'load the page again',
  })
}
