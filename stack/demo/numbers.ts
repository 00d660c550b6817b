// The numbers of a running demo, each from where it is true: Kafka, the consumer's /metrics, S3 and Athena.
import { type Aws, openAws } from '@ticklake/aws/clients.ts'
import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { KafkaConfig } from '@ticklake/kafka/config.ts'
import { Broker } from '@ticklake/kafka/topic.ts'
import { loopback } from '../ports.ts'
import type { Numbers } from './line.ts'
import { healthPorts } from './services.ts'

export class DemoNumbers implements Disposable {
  readonly #lake: LakeConfig
  readonly #group: string
  readonly #aws: Aws
  readonly #broker: Broker
  /** Objects of earlier runs; the consumer counts from its start. */
  #earlier = { objects: 0, bytes: 0 }
  #count: number | undefined

  constructor(lake: LakeConfig, kafka: KafkaConfig, group: string) {
    this.#lake = lake
    this.#group = group
    this.#aws = openAws(lake)
    this.#broker = new Broker(kafka)
  }

  /** Adds up what earlier runs left in the table's folder; to be called before the consumer starts. */
  async countEarlierObjects(): Promise<void> {
    const earlier = { objects: 0, bytes: 0 }
    for await (const { size } of this.#aws.bucket.list(`${this.#lake.prefix}/${this.#lake.dataset}/`)) {
      earlier.objects++
      earlier.bytes += size
    }
    this.#earlier = earlier
  }

  /** Everything but the count, which takes as long as a query takes. */
  async read(): Promise<Numbers> {
    const metrics = await readMetrics(healthPorts.consumer)
    const ends = await this.#ends()
    const landed = await this.#landed([...ends.keys()], metrics)
    const newest = total(metrics, 'ticklake_consumer_last_landed_timestamp_seconds')
    const produced = added(ends)
    return {
      produced,
      landed: added(landed),
      count: this.#count,
      lag: Math.max(0, produced - added(landed)),
      freshSeconds: newest ? Date.now() / 1000 - newest : undefined,
      objects: this.#earlier.objects + (total(metrics, 'ticklake_consumer_objects_written_total') ?? 0),
      bytes: this.#earlier.bytes + (total(metrics, 'ticklake_consumer_object_bytes_total') ?? 0),
    }
  }

  /** The high watermark of each partition. */
  async #ends(): Promise<Map<number, number>> {
    const { partitions } = await this.#broker.topicOnce()
    return new Map(partitions.map(({ partition, end }) => [partition, end]))
  }

  /**
   * The landed offset of each partition: what the consumer says of those that it has landed something of, and what its
   * group has committed, which is never more, of the others.
   */
  async #landed(partitions: readonly number[], metrics: string): Promise<Map<number, number>> {
    const claimed = byPartition(metrics, 'ticklake_consumer_claimed_offset')
    const committed = await this.#broker.committedOffsets(this.#group)
    return new Map(
      partitions.map((partition) => [
        partition,
        Math.max(0, claimed.get(partition) ?? 0, committed.get(partition) ?? 0),
      ]),
    )
  }

  /**
   * SELECT COUNT(*), as any user of Athena runs it.
   * @throws Failure QUERY_FAILED with Athena's reason, QUERY_CANCELLED when the signal aborts
   */
  async count(signal: AbortSignal): Promise<number> {
    const [[count] = []] = await this.#aws.athena.rows(`SELECT COUNT(*) FROM "${this.#lake.table}"`, {
      signal,
    })
    this.#count = Number(count)
    return this.#count
  }

  [Symbol.dispose](): void {
    this.#aws[Symbol.dispose]()
    this.#broker[Symbol.dispose]()
  }
}

/** Empty while the consumer does not answer. */
async function readMetrics(port: number): Promise<string> {
  try {
    const answer = await fetch(`http://${loopback}:${port}/metrics`, { signal: AbortSignal.timeout(2_000) })
    return await answer.text()
  } catch {
    return ''
  }
}

/** The sum over all labels of one metric in Prometheus' text form; undefined where it has no value yet. */
export function total(metrics: string, name: string): number | undefined {
  const values = samples(metrics, name)
  return values.length === 0 ? undefined : values.reduce((sum, { value }) => sum + value, 0)
}

/** The values of a metric that has a label `partition`. */
export function byPartition(metrics: string, name: string): Map<number, number> {
  return new Map(
    samples(metrics, name).map(({ labels, value }) => [Number(/partition="(\d+)"/.exec(labels)?.[1]), value]),
  )
}

function samples(metrics: string, name: string): { labels: string; value: number }[] {
  return [...metrics.matchAll(new RegExp(`^${name}(\\{[^}]*\\})? (\\S+)`, 'gm'))].map(
    ([, labels, value]) => ({
      labels: labels ?? '',
      value: Number(value),
    }),
  )
}

function added(offsets: ReadonlyMap<number, number>): number {
  return [...offsets.values()].reduce((sum, offset) => sum + offset, 0)
}
