// What the page shows live, asked for once for all viewers, and not at all when nobody looks.

import type { Aws } from '@ticklake/aws/clients.ts'
import type { Broker, TopicState } from '@ticklake/kafka/topic.ts'
import { type ChainTail, ChainTails } from '@ticklake/lake/chain-tail.ts'
import { usableClaim } from '@ticklake/lake/claims.ts'
import { readDataset } from '@ticklake/lake/dataset.ts'
import { ObjectLister, type ObjectTotals } from '@ticklake/lake/object-totals.ts'
import { countRows, freshnessMs, type RowCount } from '@ticklake/lake/row-count.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import type { CatalogConfig } from '../../config.ts'
import type { PageEvents } from './events.ts'
import { type Metrics, readMetrics } from './metrics-text.ts'
import { type GlueState, judgePipeline } from './pipeline.ts'
import { Poller } from './poller.ts'
import { problemOf } from './problem.ts'
import { Rate } from './rate.ts'
import { TickTail } from './tick-tail.ts'
import type { Problem, Sample, StreamEvents } from './wire.ts'

export interface Viewer {
  send<E extends keyof StreamEvents>(event: E, data: StreamEvents[E]): void
}

export interface LiveParts {
  readonly aws: Aws
  readonly broker: Broker
  readonly config: CatalogConfig
  readonly events: PageEvents
}

const PICTURE_EVERY_MS = 1_000
const CLAIMS_EVERY_MS = 2_000
const METRICS_EVERY_MS = 2_000
const OBJECTS_EVERY_MS = 5_000
const GLUE_EVERY_MS = 10_000
const TICKS_AGAIN_AFTER_MS = 3_000
const SAMPLE_EVERY_MS = 2_000
/** Half an hour at most: one every two seconds, and one for each count. */
const SAMPLES_KEPT = 900

export class Live {
  readonly #parts: LiveParts
  readonly #viewers = new Set<Viewer>()
  readonly #samples: Sample[] = []
  readonly #produced = new Rate(5_000)
  readonly #claimed = new Rate(12_000)
  readonly #topic: Poller<TopicState>
  readonly #tails: Poller<readonly ChainTail[]>
  readonly #objects: Poller<ObjectTotals>
  readonly #glue: Poller<GlueState>
  readonly #count: Poller<RowCount>
  readonly #producer: Poller<Metrics> | undefined
  readonly #consumer: Poller<Metrics> | undefined
  readonly #ticks: TickTail
  /** Why no tick can be read; kept for whoever joins later. */
  #ticksProblem: Problem | null = null
  #running: AbortController | undefined
  #countGrew = false
  #claimedSum = -1
  #stalledSinceMs: number | undefined

  constructor(parts: LiveParts) {
    this.#parts = parts
    const { aws, broker, config, events } = parts
    const onDefect = events.defect
    const tails = new ChainTails(aws.bucket, config.lake)
    const lister = new ObjectLister(aws.bucket, config.lake)
    this.#topic = new Poller({
      everyMs: PICTURE_EVERY_MS,
      ask: () => broker.topicOnce(),
      onAnswer: ({ partitions }) => this.#produced.add(Date.now(), sum(partitions.map(({ end }) => end))),
      onFailure: () => this.#produced.reset(),
      onDefect,
    })
    this.#tails = new Poller<readonly ChainTail[]>({
      everyMs: CLAIMS_EVERY_MS,
      ask: async () => {
        const topic = this.#topic.state.value ?? (await broker.topicOnce())
        const dataset = await readDataset(aws.bucket, config.lake)
        if (dataset && dataset.topicId !== topic.topicId) throw topicChanged(config, dataset.topicId, topic)
        const partitions = topic.partitions.map(({ partition }) => partition)
        const answer = await tails.read(topic.topicId, partitions)
        for (const { newest } of answer) if (newest) usableClaim(newest, 'what has landed is as it was')
        return answer
      },
      onAnswer: (answer) => this.#claimsRead(answer),
      onFailure: () => this.#claimed.reset(),
      onDefect,
    })
    this.#objects = new Poller({ everyMs: OBJECTS_EVERY_MS, ask: () => lister.read(Date.now()), onDefect })
    this.#glue = new Poller({ everyMs: GLUE_EVERY_MS, ask: () => readGlue(parts), onDefect })
    let before: number | undefined
    this.#count = new Poller({
      everyMs: config.watchEveryMs,
      ask: (signal) => {
        events.countAsked()
        return countRows(aws.athena, config, Date.now(), { signal })
      },
      onAnswer: ({ rows }) => {
        this.#countGrew = before !== undefined && rows > before
        before = rows
        this.#keepSample(true)
      },
      onDefect,
    })
    this.#producer = metricsPoller('producer', config.page.producerMetrics, onDefect)
    this.#consumer = metricsPoller('consumer', config.page.consumerMetrics, onDefect)
    this.#ticks = new TickTail(config.kafka, broker, (candles, reset) =>
      this.#tell('prices', { reset, candles }),
    )
  }

  /** Shows the viewer what is known, then what is new. Out: takes the viewer away again. */
  join(viewer: Viewer): () => void {
    this.#viewers.add(viewer)
    this.#parts.events.viewers(this.#viewers.size)
    viewer.send('history', this.#samples)
    viewer.send('pipeline', this.#picture())
    viewer.send('prices', { reset: true, candles: this.#ticks.book.all() })
    viewer.send('ticksProblem', this.#ticksProblem)
    if (!this.#running) this.#start()
    return () => {
      if (!this.#viewers.delete(viewer)) return
      this.#parts.events.viewers(this.#viewers.size)
      if (this.#viewers.size === 0) this.stop()
    }
  }

  /** Asks nobody anything any more. */
  stop(): void {
    this.#running?.abort()
    this.#running = undefined
    // What happens while nobody looks is not known: no rate spans it.
    this.#produced.reset()
    this.#claimed.reset()
    this.#stalledSinceMs = undefined
    this.#ticksProblem = null
  }

  #start(): void {
    const running = new AbortController()
    this.#running = running
    const { signal } = running
    const pollers = [
      this.#topic,
      this.#tails,
      this.#objects,
      this.#glue,
      this.#count,
      this.#producer,
      this.#consumer,
    ]
    const work = [
      ...pollers.map((poller) => poller?.run(signal)),
      this.#showPicture(signal),
      this.#keepSamples(signal),
      this.#followTicks(signal),
    ]
    void Promise.all(work).catch((error) => this.#parts.events.defect(error))
  }

  async #showPicture(signal: AbortSignal): Promise<void> {
    await sleep(300, signal)
    while (!signal.aborted) {
      this.#tell('pipeline', this.#picture())
      await sleep(PICTURE_EVERY_MS, signal)
    }
  }

  async #keepSamples(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(SAMPLE_EVERY_MS, signal)
      if (!signal.aborted) this.#keepSample(false)
    }
  }

  async #followTicks(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#ticks.run(signal, () => this.#tellTicksProblem(null))
      } catch (error) {
        if (signal.aborted) return
        this.#tellTicksProblem(problemOf(error, this.#parts.events.defect))
        await sleep(TICKS_AGAIN_AFTER_MS, signal)
      }
    }
  }

  #tellTicksProblem(problem: Problem | null): void {
    this.#ticksProblem = problem
    this.#tell('ticksProblem', problem)
  }

  #claimsRead(tails: readonly ChainTail[]): void {
    const now = Date.now()
    const claimed = sum(tails.map(({ landedOffset }) => landedOffset))
    this.#claimed.add(now, claimed)
    const ends = this.#topic.state.value?.partitions ?? []
    const waits = sum(ends.map(({ end }) => end)) > claimed
    if (!waits || claimed !== this.#claimedSum) this.#stalledSinceMs = waits ? now : undefined
    else this.#stalledSinceMs ??= now
    this.#claimedSum = claimed
  }

  #keepSample(counted: boolean): void {
    const topic = this.#topic.state
    const tails = this.#tails.state
    const { value: count } = this.#count.state
    const now = Date.now()
    const sample: Sample = {
      at: now,
      produced: topic.problem || !topic.value ? null : sum(topic.value.partitions.map(({ end }) => end)),
      claimed:
        tails.problem || !tails.value ? null : sum(tails.value.map(({ landedOffset }) => landedOffset)),
      count: counted && count ? count.rows : null,
      freshnessMs: (counted && count ? freshnessMs(count, now) : undefined) ?? null,
    }
    this.#samples.push(sample)
    if (this.#samples.length > SAMPLES_KEPT) this.#samples.shift()
    this.#tell('sample', sample)
  }

  #picture() {
    return judgePipeline({
      nowMs: Date.now(),
      config: this.#parts.config,
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
    })
  }

  #tell<E extends keyof StreamEvents>(event: E, data: StreamEvents[E]): void {
    for (const viewer of this.#viewers) viewer.send(event, data)
  }
}

function metricsPoller(
  service: string,
  urls: readonly string[],
  onDefect: PageEvents['defect'],
): Poller<Metrics> | undefined {
  if (urls.length === 0) return undefined
  const ask = (signal: AbortSignal) => readMetrics(service, urls, signal)
  return new Poller({ everyMs: METRICS_EVERY_MS, ask, onDefect })
}

async function readGlue({ aws, config }: LiveParts): Promise<GlueState> {
  const { database, table } = config.lake
  const [there, crawler] = await Promise.all([
    aws.glue.table(database, table),
    aws.glue.crawler(config.crawler),
  ])
  let partitions = 0
  if (there) for await (const _ of aws.glue.partitionValues(database, table)) partitions++
  return { table: there !== undefined, partitions, crawler }
}

function topicChanged(config: CatalogConfig, datasetTopicId: string, topic: TopicState): Failure {
  return new Failure({
    code: 'TOPIC_CHANGED',
    what: `the dataset ${config.lake.dataset} is not of this topic; what landed is as it was`,
    why: `it holds the topic with id ${datasetTopicId}, Kafka's ${topic.topic} has id ${topic.topicId}`,
    remedy: 'set KAFKA_TOPIC to the topic of the dataset, or LAKE_DATASET to a new dataset for this topic',
  })
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
