#!/usr/bin/env node
// `node tools/bench/athena.ts`: how much time local-aws adds to Trino's. Starts its own stack, queries both in turn, and
// prints a line for each limit: what was measured, and what is allowed.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  paginateGetQueryResults,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { s3Client } from '@ticklake/aws/config.ts'
import { adoptStack } from '@ticklake/stack/environment.ts'
import { type Stack, startStack } from '@ticklake/stack/stack.ts'
import { followTrino } from './trino.ts'

const bucket = 'bench'
const database = 'bench'
const queries = 200
const pollMs = 100

const dir = mkdtempSync(join(tmpdir(), 'ticklake-bench-'))
const stack = await startStack({ dir, ports: 'free', bucket })
try {
  adoptStack(stack.env)
  await measure(stack)
} finally {
  await stack.stop()
  rmSync(dir, { recursive: true, force: true })
}

async function measure({ ports, secretFile }: Stack): Promise<void> {
  const athena = new AthenaClient({})
  const secret = readFileSync(secretFile, 'utf8').trim()
  const trino = (sql: string) =>
    followTrino({ url: `http://127.0.0.1:${ports.trino}`, secret, schema: database }, sql)

  async function start(sql: string): Promise<string> {
    const answer = await athena.send(
      new StartQueryExecutionCommand({
        QueryString: sql,
        QueryExecutionContext: { Database: database },
        ResultConfiguration: { OutputLocation: `s3://${bucket}/results/` },
      }),
    )
    return answer.QueryExecutionId!
  }

  /** Polls until the query has ended. Out: the number of polls. */
  async function ended(QueryExecutionId: string, everyMs: number): Promise<number> {
    for (let asked = 1; ; asked++) {
      const { QueryExecution } = await athena.send(new GetQueryExecutionCommand({ QueryExecutionId }))
      const { State, StateChangeReason } = QueryExecution!.Status!
      if (State === 'SUCCEEDED') return asked
      if (State === 'FAILED' || State === 'CANCELLED') throw new Error(StateChangeReason)
      await delay(everyMs)
    }
  }

  async function front(sql: string, everyMs = 2): Promise<string> {
    const id = await start(sql)
    await ended(id, everyMs)
    return id
  }

  await front(`CREATE DATABASE IF NOT EXISTS ${database}`)
  await makeDemoTable(front)
  await makeJsonTable(front)

  const count = 'SELECT COUNT(*) FROM ticks'
  for (const sql of ['SELECT 1', count]) {
    for (let i = 0; i < 20; i++) {
      await trino(sql)
      await front(sql)
    }
    const alone: number[] = []
    const through: number[] = []
    for (let i = 0; i < queries; i++) {
      alone.push(await timed(() => trino(sql)))
      through.push(
        await timed(async () => {
          const QueryExecutionId = await front(sql)
          await athena.send(new GetQueryResultsCommand({ QueryExecutionId }))
        }),
      )
    }
    const added = median(through) - median(alone)
    report(
      `${sql}, ${queries} times, median: Trino alone`,
      median(alone),
      'through local-aws with its result',
      median(through),
    )
    report('  added (at most 15)', added, 'ended later at the 95th percentile', at(through, 0.95))
  }
  report('count of the table (under 300)', await medianOf(20, () => front(count)))

  // A client that sleeps between polls learns of the end at the first poll after Trino alone would have ended.
  const late: number[] = []
  for (let i = 0; i < 30; i++) {
    const alone = await timed(() => trino(count))
    const asked = await ended(await start(count), pollMs)
    late.push(asked - (Math.ceil(alone / pollMs) + 1))
  }
  const isLate = late.filter((polls) => polls > 0).length
  report(`a client that asks each ${pollMs} ms: questions too many, of 30 queries`, isLate)

  const wide = 'SELECT * FROM wide'
  await front(
    "CREATE TABLE wide AS SELECT x, 'value ' || CAST(x AS varchar) v, x * 1e0 d, DATE '2020-01-01' t FROM UNNEST(sequence(1, 10)) a(z), UNNEST(sequence(1, 10000)) b(x)",
  )
  for (let i = 0; i < 3; i++) {
    const alone = await timed(() => trino(wide))
    let pages = 0
    const through = await timed(async () => {
      const QueryExecutionId = await front(wide)
      for await (const _ of paginateGetQueryResults({ client: athena }, { QueryExecutionId })) pages++
    })
    report(
      `100,000 rows: Trino alone`,
      alone,
      `in ${pages} pages (at most ${Math.round(1.5 * alone + 5 * pages)})`,
      through,
    )
  }

  const small = 'SELECT COUNT(*) FROM small'
  await trino(small)
  report(
    '2,000 JSON objects counted: Trino alone',
    await medianOf(3, () => trino(small)),
    'through local-aws',
    await medianOf(3, () => front(small)),
  )

  const together = await timed(() =>
    Promise.all(Array.from({ length: 200 }, () => front('SELECT 1', pollMs))),
  )
  report('200 queries at once, all answered after', together)

  await delay(60_000)
  report('memory of the stack, a minute later, MB', residentMb(serverPids()))
}

/** The objects of ten minutes of the demo: one for each partition and flush. */
async function makeDemoTable(front: (sql: string) => Promise<string>): Promise<void> {
  await front(
    "CREATE TABLE ticks WITH (partitioned_by = ARRAY['dt', 'hour']) AS SELECT 'HSI' AS symbol, 1e0 AS close, '2026-01-01' AS dt, '10' AS hour",
  )
  for (let i = 0; i < 30; i++) {
    await front(
      `INSERT INTO ticks SELECT 'HSI', x * 1e0, '2026-01-01', '${10 + (i % 2)}' FROM UNNEST(sequence(1, 4000)) t(x)`,
    )
  }
}

async function makeJsonTable(front: (sql: string) => Promise<string>): Promise<void> {
  const s3 = s3Client({ s3PathStyle: true })
  for (let n = 0; n < 2_000; n += 50) {
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        s3.send(
          new PutObjectCommand({ Bucket: bucket, Key: `small/${n + i}.json`, Body: `{"a":${n + i}}\n` }),
        ),
      ),
    )
  }
  await front(
    `CREATE EXTERNAL TABLE small (a int) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://${bucket}/small/'`,
  )
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

async function medianOf(times: number, work: () => Promise<unknown>): Promise<number> {
  const all: number[] = []
  for (let i = 0; i < times; i++) all.push(await timed(work))
  return median(all)
}

function median(values: readonly number[]): number {
  return at(values, 0.5)
}

function at(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)]!
}

/** The stack's servers are this process's children. */
function serverPids(): number[] {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')
  return children.trim().split(' ').map(Number)
}

function residentMb(pids: readonly number[]): number {
  return pids
    .map((pid) => /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
    .reduce((sum: number, kilobytes) => sum + Number(kilobytes) / 1024, 0)
}

function report(...parts: (string | number)[]): void {
  const texts = parts.map((part) => (typeof part === 'number' ? part.toFixed(1) : part))
  process.stdout.write(`${texts.join(' ')}\n`)
}
