// Polls every service for what the Live tab shows: offsets, claims, objects, partitions, the count, metrics.
import type { TopicState } from '@ticklake/kafka/topic.ts'
import { type ChainTail, ChainTails } from '@ticklake/lake/chain-tail.ts'
import { usableClaim } from '@ticklake/lake/claims.ts'
import { readDataset } from '@ticklake/lake/dataset.ts'
import { inLakeOffsets, shiftsOf } from '@ticklake/lake/era-offsets.ts'
import { ObjectLister, type ObjectTotals } from '@ticklake/lake/object-totals.ts'
import { countRows, freshnessMs, type RowCount } from '@ticklake/lake/row-count.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import type { CatalogConfig } from '../../config.ts'
import type { DashboardEvents } from './events.ts'
import { type Metrics, readMetrics } from './metrics-text.ts'
import type { LiveParts } from './parts.ts'
import type { GlueState, PipelineFacts } from './pipeline.ts'
import { Poller } from './poller.ts'
import { Rate } from './rate.ts'
import type { Sample } from './wire.ts'

const TOPIC_EVERY_MS = 1_000
const CLAIMS_EVERY_MS = 2_000
const METRICS_EVERY_MS = 2_000
const OBJECTS_EVERY_MS = 5_000
const GLUE_EVERY_MS = 10_000

export class Measurements {
  readonly #config: CatalogConfig
  readonly #produced = new Rate(5_000)
  readonly #claimed = new Rate(12_000)
  readonly #topic: Poller<TopicState>
  readonly #tails: Poller<readonly ChainTail[]>
  readonly #objects: Poller<ObjectTotals>
  readonly #glue: Poller<GlueState>
  readonly #count: Poller<RowCount>
  readonly #producer: Poller<Metrics> | undefined
  readonly #consumer: Poller<Metrics> | undefined
  #countGrew = false
  #claimedSum = -1
  #stalledSinceMs: number | undefined

  /** @param onCounted called after each new count of Athena */
  constructor(parts: LiveParts, onCounted: () => void) {
    const { aws, broker, config, events } = parts
    this.#config = config
    const onDefect = events.defect
    const tails = new ChainTails(aws.bucket, config.lake)
    const lister = new ObjectLister(aws.bucket, config.lake)
    this.#topic = new Poller({
      everyMs: TOPIC_EVERY_MS,
      request: () => broker.topicOnce(),
      onAnswer: ({ partitions }) => this.#produced.add(Date.now(), sum(partitions.map(({ end }) => end))),
      onFailure: () => this.#produced.reset(),
      onDefect,
    })
    this.#tails = new Poller<readonly ChainTail[]>({
      everyMs: CLAIMS_EVERY_MS,
      request: async () => {
        const topic = this.#topic.state.value ?? (await broker.topicOnce())
        const dataset = await readDataset(aws.bucket, config.lake)
        if (dataset && dataset.topicId !== topic.topicId) throw topicChanged(config, dataset.topicId, topic)
        const partitions = topic.partitions.map(({ partition }) => partition)
        const answer = await tails.read(topic.topicId, partitions)
        for (const { newest } of answer) if (newest) usableClaim(newest, 'what has landed is unchanged')
        return answer
      },
      onAnswer: (answer) => this.#claimsRead(answer),
      onFailure: () => this.#claimed.reset(),
      onDefect,
    })
    this.#objects = new Poller({
      everyMs: OBJECTS_EVERY_MS,
      request: () => lister.read(Date.now()),
      onDefect,
    })
    this.#glue = new Poller({ everyMs: GLUE_EVERY_MS, request: () => readGlue(parts), onDefect })
    let before: number | undefined
    this.#count = new Poller({
      everyMs: config.watchEveryMs,
      request: (signal) => {
        events.countStarted()
        return countRows(aws.athena, config, Date.now(), { signal })
      },
      onAnswer: ({ rows }) => {
        this.#countGrew = before !== undefined && rows > before
        before = rows
        onCounted()
      },
      onDefect,
    })
    this.#producer = metricsPoller('producer', config.dashboard.producerMetrics, onDefect)
    this.#consumer = metricsPoller('consumer', config.dashboard.consumerMetrics, onDefect)
  }

  /** Polls until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const pollers = [
      this.#topic,
      this.#tails,
      this.#objects,
      this.#glue,
      this.#count,
      this.#producer,
      this.#consumer,
    ]
    await Promise.all(pollers.map((poller) => poller?.run(signal)))
  }

  /** Forgets time series: nothing is known about a time without polling. */
  pause(): void {
    this.#produced.reset()
    this.#claimed.reset()
    this.#stalledSinceMs = undefined
  }

  /** Everything that is known now. */
  facts(nowMs: number): Omit<PipelineFacts, 'rejections'> {
    return {
      nowMs,
      config: this.#config,
      topic: this.#topic.state,
      tails: this.#tails.state,
      objects: this.#objects.state,
      glue: this.#glue.state,
      count: this.#count.state,
      producer: this.#producer?.state,
      consumer: this.#consumer?.state,
      producedPerSecond: this.#produced.perSecond(),
      claimedPerSecond: this.#claimed.perSecond(),
      stalledSinceMs: this.#stalledSinceMs,
      countGrew: this.#countGrew,
    }
  }

  /** One point of the curves. @param counted Athena has just counted: the point has the count */
  sample(nowMs: number, counted: boolean): Sample {
    const topic = this.#topic.state
    const tails = this.#tails.state
    const { value: count } = this.#count.state
    return {
      at: nowMs,
      produced: topic.problem || !topic.value ? null : this.#ends(tails.value ?? []),
      claimed:
        tails.problem || !tails.value ? null : sum(tails.value.map(({ landedOffset }) => landedOffset)),
      count: counted && count ? count.rows : null,
      freshnessMs: (counted && count ? freshnessMs(count, nowMs) : undefined) ?? null,
    }
  }

  /** The sum of the topic's end offsets, as claims count them. */
  #ends(tails: readonly ChainTail[]): number {
    const partitions = this.#topic.state.value?.partitions ?? []
    return sum(inLakeOffsets(partitions, shiftsOf(tails)).map(({ end }) => end))
  }

  #claimsRead(tails: readonly ChainTail[]): void {
    const now = Date.now()
    const claimed = sum(tails.map(({ landedOffset }) => landedOffset))
    this.#claimed.add(now, claimed)
    const waits = this.#ends(tails) > claimed
    if (!waits || claimed !== this.#claimedSum) this.#stalledSinceMs = waits ? now : undefined
    else this.#stalledSinceMs ??= now
    this.#claimedSum = claimed
  }
}

function metricsPoller(
  service: string,
  urls: readonly string[],
  onDefect: DashboardEvents['defect'],
): Poller<Metrics> | undefined {
  if (urls.length === 0) return undefined
  const request = (signal: AbortSignal) => readMetrics(service, urls, signal)
  return new Poller({ everyMs: METRICS_EVERY_MS, request, onDefect })
}

async function readGlue({ aws, config }: LiveParts): Promise<GlueState> {
  const { database, table } = config.lake
  const [existing, crawler] = await Promise.all([
    aws.glue.table(database, table),
    aws.glue.crawler(config.crawler),
  ])
  let partitions = 0
  if (existing) for await (const _ of aws.glue.partitionValues(database, table)) partitions++
  return { table: existing !== undefined, partitions, crawler }
}

function topicChanged(config: CatalogConfig, datasetTopicId: string, topic: TopicState): Failure {
  return new Failure({
    code: 'TOPIC_CHANGED',
    what: `the dataset ${config.lake.dataset} is not of this topic; what landed is unchanged`,
    why: `it holds the topic with id ${datasetTopicId}, Kafka's ${topic.topic} has id ${topic.topicId}`,
    remedy: 'set KAFKA_TOPIC to the topic of the dataset, or LAKE_DATASET to a new dataset for this topic',
  })
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
