// The numbers of a running demo: what Kafka has, what has landed, and what Athena counts.
import { type Aws, openAws } from '@ticklake/aws/clients.ts'
import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { KafkaConfig } from '@ticklake/kafka/config.ts'
import { Broker } from '@ticklake/kafka/topic.ts'
import { ChainTails } from '@ticklake/lake/chain-tail.ts'
import { measureLag } from '@ticklake/lake/lag.ts'
import { ObjectLister, type ObjectTotals } from '@ticklake/lake/object-totals.ts'
import { countRows, freshnessMs, type RowCount } from '@ticklake/lake/row-count.ts'
import type { Numbers } from './line.ts'

const LIST_EVERY_MS = 2_000
const QUERY_TIMEOUT_MS = 60_000

export class DemoNumbers implements Disposable {
  readonly #lake: LakeConfig
  readonly #aws: Aws
  readonly #broker: Broker
  readonly #tails: ChainTails
  readonly #lister: ObjectLister
  #objects: ObjectTotals = { objects: 0, bytes: 0 }
  #listedAt = Number.NEGATIVE_INFINITY
  #count: RowCount | undefined

  /** Create it once the stack runs: the clients read its variables. */
  constructor(lake: LakeConfig, kafka: KafkaConfig) {
    this.#lake = lake
    this.#aws = openAws(lake)
    this.#broker = new Broker(kafka)
    this.#tails = new ChainTails(this.#aws.bucket, lake)
    this.#lister = new ObjectLister(this.#aws.bucket, lake)
  }

  /** Everything except the count, which takes as long as a query. */
  async read(): Promise<Numbers> {
    const lag = await measureLag(this.#tails, () => this.#broker.topicOnce())
    if (performance.now() - this.#listedAt > LIST_EVERY_MS) {
      this.#objects = await this.#lister.read(Date.now())
      this.#listedAt = performance.now()
    }
    const ageMs = this.#count && freshnessMs(this.#count, Date.now())
    return {
      produced: lag.produced,
      landed: lag.landed,
      lag: lag.records,
      count: this.#count?.rows,
      freshSeconds: ageMs === undefined ? undefined : ageMs / 1000,
      ...this.#objects,
    }
  }

  /**
   * SELECT COUNT(*), as any user of Athena runs it.
   * @throws Failure with Athena's reason
   */
  async count(signal: AbortSignal): Promise<number> {
    const asked = { lake: this.#lake, queryTimeoutMs: QUERY_TIMEOUT_MS }
    this.#count = await countRows(this.#aws.athena, asked, Date.now(), { signal })
    return this.#count.rows
  }

  [Symbol.dispose](): void {
    this.#aws[Symbol.dispose]()
    this.#broker[Symbol.dispose]()
  }
}
