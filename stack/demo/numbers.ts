// The numbers of a running demo, each from where it is true: Kafka, the consumer's /metrics, S3 and Athena.
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena'
import { paginateListObjectsV2 } from '@aws-sdk/client-s3'
import { KafkaJS } from '@confluentinc/kafka-javascript'
import { type LakeConfig, s3Client } from '@ticklake/aws/config.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { loopback } from '../ports.ts'
import type { Numbers } from './line.ts'
import { healthPorts } from './services.ts'

export class DemoNumbers implements AsyncDisposable {
  readonly #lake: LakeConfig
  readonly #topic: string
  readonly #group: string
  readonly #athena = new AthenaClient({})
  readonly #admin
  /** Objects of earlier runs; the consumer counts from its start. */
  #earlier = { objects: 0, bytes: 0 }
  #count: number | undefined

  constructor(lake: LakeConfig, topic: string, group: string, bootstrapServers: string) {
    this.#lake = lake
    this.#topic = topic
    this.#group = group
    const kafkaJS = { brokers: [bootstrapServers], logLevel: KafkaJS.logLevel.NOTHING }
    this.#admin = new KafkaJS.Kafka({ kafkaJS }).admin()
  }

  async connect(): Promise<void> {
    await this.#admin.connect()
  }

  /** Adds up what earlier runs left in the table's folder; to be called before the consumer starts. */
  async countEarlierObjects(): Promise<void> {
    const s3 = s3Client(this.#lake)
    const earlier = { objects: 0, bytes: 0 }
    const folder = { Bucket: this.#lake.bucket, Prefix: `${this.#lake.prefix}/${this.#lake.dataset}/` }
    for await (const page of paginateListObjectsV2({ client: s3 }, folder)) {
      for (const { Size } of page.Contents ?? []) {
        earlier.objects++
        earlier.bytes += Size ?? 0
      }
    }
    this.#earlier = earlier
    s3.destroy()
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

  /** Where each partition ends. */
  async #ends(): Promise<Map<number, number>> {
    const offsets = await this.#admin.fetchTopicOffsets(this.#topic)
    return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]))
  }

  /**
   * Up to where each partition is in the lake: what the consumer says of those that it has landed something of,
   * and what its group has committed, which is never more, of the others.
   */
  async #landed(partitions: readonly number[], metrics: string): Promise<Map<number, number>> {
    const claimed = byPartition(metrics, 'ticklake_consumer_claimed_offset')
    const groups = await this.#admin.fetchOffsets({ groupId: this.#group, topics: [this.#topic] })
    const committed = new Map(
      groups.flatMap((topic) => topic.partitions.map(({ partition, offset }) => [partition, Number(offset)])),
    )
    return new Map(
      partitions.map((partition) => [
        partition,
        Math.max(0, claimed.get(partition) ?? 0, committed.get(partition) ?? 0),
      ]),
    )
  }

  /**
   * SELECT COUNT(*), asked as any user of Athena asks it.
   * @throws Failure QUERY_FAILED with Athena's reason
   */
  async count(signal: AbortSignal): Promise<number> {
    const { database, table, workgroup, results } = this.#lake
    const { QueryExecutionId } = await this.#athena.send(
      new StartQueryExecutionCommand({
        QueryString: `SELECT COUNT(*) FROM "${table}"`,
        QueryExecutionContext: { Database: database },
        WorkGroup: workgroup,
        ResultConfiguration: { OutputLocation: results },
      }),
      { abortSignal: signal },
    )
    for (;;) {
      const { QueryExecution } = await this.#athena.send(new GetQueryExecutionCommand({ QueryExecutionId }), {
        abortSignal: signal,
      })
      const { State, StateChangeReason } = QueryExecution?.Status ?? {}
      if (State === 'SUCCEEDED') break
      if (State === 'FAILED' || State === 'CANCELLED') {
        throw new Failure({
          code: 'QUERY_FAILED',
          what: 'Athena did not count',
          why: StateChangeReason ?? State,
        })
      }
      await sleep(50, signal)
      signal.throwIfAborted()
    }
    const { ResultSet } = await this.#athena.send(new GetQueryResultsCommand({ QueryExecutionId }), {
      abortSignal: signal,
    })
    this.#count = Number(ResultSet?.Rows?.[1]?.Data?.[0]?.VarCharValue)
    return this.#count
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#athena.destroy()
    await this.#admin.disconnect()
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
