// Fills an empty endpoint from a folder before it reports that it is ready: objects first, then statements.
import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { seedObjects } from './s3.ts'
import { seedStatements } from './statements.ts'

/** Runs an operation of Athena: the request, and its answer. */
export type AskAthena = (operation: string, request: object) => Promise<{ readonly body: unknown }>

export interface SeedParts {
  /** undefined: only the buckets are created. */
  readonly seedDir: string | undefined
  readonly buckets: readonly string[]
  readonly dataDir: string
  readonly s3Endpoint: URL
  readonly region: string
  readonly secret: string | undefined
  readonly askAthena: AskAthena
  readonly signal: AbortSignal
}

export interface Seeded {
  readonly objects: number
  readonly statements: number
}

/** How long the statements of a seed wait for an engine that is starting. */
const engineStartMs = 120_000

/** Results of statements in a seed, which cannot name a location, go here. */
const resultsBucket = 'local-aws-seed'

/**
 * Creates the buckets, uploads `s3/BUCKET/KEY` and runs the statements of every `*.sql`, in the order of their names.
 * Runs once for a data folder: a restart keeps what exists. Undefined if it ran before.
 * @throws Failure SEED_FAILED with file and line; what came before it stays
 */
export async function seed(parts: SeedParts): Promise<Seeded | undefined> {
  const { seedDir, buckets, dataDir, askAthena, signal } = parts
  const done = join(dataDir, 'seeded')
  if (existsSync(done)) return undefined
  const server = { endpoint: parts.s3Endpoint, region: parts.region, secret: parts.secret }
  const files = seedDir === undefined ? [] : sqlFiles(seedDir)
  const all = files.length > 0 ? [...buckets, resultsBucket] : buckets
  const objects = await seedObjects(join(seedDir ?? dataDir, 's3'), all, server, signal)
  let statements = 0
  if (files.length > 0) await waitForEngine(askAthena, signal)
  for (const name of files) {
    for (const { sql, line } of seedStatements(readFileSync(join(seedDir!, name), 'utf8'))) {
      signal.throwIfAborted()
      const reason = await run(askAthena, sql, signal)
      if (reason !== undefined) throw seedFailed(`${name}:${line}`, reason)
      statements += 1
    }
  }
  writeFileSync(done, `${new Date().toISOString()}\n`)
  return { objects, statements }
}

function sqlFiles(dir: string): string[] {
  try {
    return readdirSync(dir)
      .filter((name) => name.endsWith('.sql'))
      .sort()
  } catch (cause) {
    throw new Failure({
      code: 'CONFIG_INVALID',
      what: `LOCAL_AWS_SEED_DIR names ${dir}, which cannot be read; nothing was seeded`,
      remedy: 'name a folder with *.sql files and, for objects, s3/BUCKET/KEY; or unset it',
      cause,
    })
  }
}

interface Execution {
  readonly QueryExecution: {
    readonly Status: { readonly State: string; readonly StateChangeReason?: string }
  }
}

/** The engine starts at the same time as local-aws, and a query waits for it only for seconds. */
async function waitForEngine(askAthena: AskAthena, signal: AbortSignal): Promise<void> {
  const giveUpAt = Date.now() + engineStartMs
  while ((await run(askAthena, 'SELECT 1', signal)) !== undefined && Date.now() < giveUpAt) {
    await sleep(250, signal)
    signal.throwIfAborted()
  }
}

/** Runs one statement to its end. Out: why it failed; undefined if it did not. */
async function run(askAthena: AskAthena, sql: string, signal: AbortSignal): Promise<string | undefined> {
  const request = {
    QueryString: sql,
    ClientRequestToken: randomUUID(),
    ResultConfiguration: { OutputLocation: `s3://${resultsBucket}/` },
  }
  try {
    const { body } = await askAthena('StartQueryExecution', request)
    for (;;) {
      const answer = await askAthena('GetQueryExecution', body as object)
      const { State, StateChangeReason } = (answer.body as Execution).QueryExecution.Status
      if (State === 'SUCCEEDED') return undefined
      if (State === 'FAILED' || State === 'CANCELLED') return StateChangeReason ?? State
      await sleep(20, signal)
      signal.throwIfAborted()
    }
  } catch (error) {
    if (signal.aborted) throw error
    return (error as Error).message
  }
}

function seedFailed(source: string, reason: string): Failure {
  return new Failure({
    code: 'SEED_FAILED',
    what: `the statement at ${source} failed; local-aws stops, and what earlier statements created stays`,
    why: reason,
    remedy:
      'correct the statement and start again with an empty data folder, or make the earlier statements repeatable (IF NOT EXISTS)',
  })
}
