// A reader that counts the table through Athena without pause, and tells what it must never see.
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena'
import { CountWatch } from './count-watch.ts'

const POLL_MS = 100
const ANSWER_WITHIN_MS = 120_000

export interface ReaderOptions {
  readonly env: Readonly<Record<string, string>>
  readonly table: string
  /** Whether Athena was away at any moment since then (by performance.now()): then an error is no finding. */
  readonly wasAway: (since: number) => boolean
  readonly onProblem: (what: string) => void
}

export class Reader implements AsyncDisposable {
  readonly watch = new CountWatch()
  readonly #options: ReaderOptions
  readonly #athena: AthenaClient
  readonly #loop: Promise<void>
  #stopped = false

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#athena = new AthenaClient({ endpoint: options.env.AWS_ENDPOINT_URL!, maxAttempts: 1 })
    this.#loop = this.#read()
  }

  /** Counts once more, at the end. @returns the rows */
  async countOnce(): Promise<number> {
    await this.#count()
    return this.watch.last
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    await this.#loop
    this.#athena.destroy()
  }

  async #read(): Promise<void> {
    while (!this.#stopped) {
      await this.#count()
      await sleep(POLL_MS)
    }
  }

  async #count(): Promise<void> {
    const since = performance.now()
    try {
      const [rows, identities] = await this.#ask()
      const problem = this.watch.take(rows, identities)
      if (problem) this.#options.onProblem(problem)
    } catch (error) {
      if (!this.#options.wasAway(since)) this.#options.onProblem(`Athena failed: ${(error as Error).message}`)
    }
  }

  async #ask(): Promise<[number, number]> {
    const { env, table } = this.#options
    const identity = 'kafka_topic_id, kafka_partition, kafka_offset'
    const { QueryExecutionId } = await this.#athena.send(
      new StartQueryExecutionCommand({
        QueryString: `SELECT count(*), count(DISTINCT ROW(${identity})) FROM "${env.LAKE_DATABASE}"."${table}"`,
        ResultConfiguration: { OutputLocation: `s3://${env.LAKE_BUCKET}/${env.LAKE_PREFIX}/_athena/` },
      }),
    )
    for (const deadline = performance.now() + ANSWER_WITHIN_MS; ; await sleep(POLL_MS)) {
      const { QueryExecution } = await this.#athena.send(new GetQueryExecutionCommand({ QueryExecutionId }))
      const status = QueryExecution?.Status
      if (status?.State === 'SUCCEEDED') break
      if (status?.State === 'FAILED' || status?.State === 'CANCELLED')
        throw new Error(status.StateChangeReason)
      if (performance.now() > deadline) throw new Error(`no answer in ${ANSWER_WITHIN_MS} ms`)
    }
    const { ResultSet } = await this.#athena.send(new GetQueryResultsCommand({ QueryExecutionId }))
    const [rows, identities] = ResultSet!.Rows![1]!.Data!.map(({ VarCharValue }) => Number(VarCharValue))
    return [rows!, identities!]
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
