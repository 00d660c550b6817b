// A reader that counts the table through Athena, without pause while an hour is compacted, and reports duplicates,
// falling counts and errors.
import { sleep } from '@ticklake/runtime/process.ts'
import { type CampaignAthena, openAthena } from './athena.ts'
import { CountWatch } from './count-watch.ts'

const PAUSE_MS = 100
/**
 * While nothing is compacted, rows are only added: a duplicate stays, and every later count finds it. A count costs Trino
 * and MiniStack 0.7 CPU seconds.
 */
const IDLE_PAUSE_MS = 1_500

export interface ReaderOptions {
  readonly env: Readonly<Record<string, string>>
  readonly table: string
  /** Whether Athena was down at any time since then (by performance.now()), so that an error is not a finding. */
  readonly wasAway: (since: number) => boolean
  /** Whether objects are being replaced, so that a wrong count may last for a moment only. */
  readonly isCompacting: () => boolean
  readonly onProblem: (what: string) => void
}

export class Reader implements AsyncDisposable {
  readonly watch = new CountWatch()
  readonly #options: ReaderOptions
  readonly #athena: CampaignAthena
  readonly #table: string
  readonly #loop: Promise<void>
  #stopped = false
  #longestMs = 0

  constructor(options: ReaderOptions) {
    const { env, table } = options
    this.#options = options
    this.#athena = openAthena(env)
    this.#table = `"${env.LAKE_DATABASE}"."${table}"`
    this.#loop = this.#read()
  }

  /** How long the slowest count took: compaction must wait longer before it deletes replaced objects. */
  get longestMs(): number {
    return this.#longestMs
  }

  /** Counts for the last time. @returns the rows, and the keys of their objects */
  async countLast(): Promise<{ rows: number; objects: string[] }> {
    this.#stopped = true
    await this.#loop
    const bucketUri = `s3://${this.#options.env.LAKE_BUCKET}/`
    const found = await this.#athena.rows(`SELECT "$path", count(*) FROM ${this.#table} GROUP BY 1`)
    return {
      rows: found.reduce((sum, [, rows]) => sum + Number(rows), 0),
      objects: found.map(([path]) => path!.slice(bucketUri.length)).sort(),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    await this.#loop
    this.#athena[Symbol.dispose]()
  }

  async #read(): Promise<void> {
    while (!this.#stopped) {
      await this.#count()
      await this.#pause()
    }
  }

  async #pause(): Promise<void> {
    const begun = performance.now()
    const isOver = () =>
      this.#stopped || this.#options.isCompacting() || performance.now() - begun >= IDLE_PAUSE_MS
    do await sleep(PAUSE_MS)
    while (!isOver())
  }

  async #count(): Promise<void> {
    const since = performance.now()
    // One number instead of three columns: there is one topic, and a partition has far fewer rows than that.
    const identity = "kafka_partition * BIGINT '1000000000000' + kafka_offset"
    try {
      const [row] = await this.#athena.rows(
        `SELECT count(*), count(DISTINCT ${identity}) FROM ${this.#table}`,
      )
      const problem = this.watch.take(Number(row![0]), Number(row![1]))
      if (problem) this.#options.onProblem(problem)
      this.#longestMs = Math.max(this.#longestMs, performance.now() - since)
    } catch (error) {
      if (!this.#options.wasAway(since)) this.#options.onProblem(`Athena failed: ${(error as Error).message}`)
    }
  }
}
