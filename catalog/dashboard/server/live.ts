// What the dashboard shows live: measured once for all viewers, and not at all while there are none.
import { sleep } from '@ticklake/runtime/process.ts'
import { Measurements } from './measurements.ts'
import type { LiveParts } from './parts.ts'
import { pipelineOf } from './pipeline.ts'
import { problemOf } from './problem.ts'
import { TickTail } from './tick-tail.ts'
import type { Problem, Sample, StreamEvents } from './wire.ts'

export interface Viewer {
  send<E extends keyof StreamEvents>(event: E, data: StreamEvents[E]): void
}

const PIPELINE_EVERY_MS = 1_000
const TICKS_RETRY_AFTER_MS = 3_000
const SAMPLE_EVERY_MS = 2_000
/** At most half an hour: one every two seconds, and one for each count. */
const SAMPLES_KEPT = 900

export class Live {
  readonly #parts: LiveParts
  readonly #viewers = new Set<Viewer>()
  readonly #samples: Sample[] = []
  readonly #measurements: Measurements
  readonly #ticks: TickTail
  /** Why no tick can be read; also sent to viewers who join later. */
  #ticksProblem: Problem | null = null
  #running: AbortController | undefined

  constructor(parts: LiveParts) {
    this.#parts = parts
    this.#measurements = new Measurements(parts, () => this.#addSample(true))
    this.#ticks = new TickTail(parts.config.kafka, parts.broker, (candles, reset) =>
      this.#send('prices', { reset, candles }),
    )
  }

  /** Sends the viewer what is known, then what is new. Out: removes the viewer. */
  join(viewer: Viewer): () => void {
    this.#viewers.add(viewer)
    this.#parts.events.viewers(this.#viewers.size)
    viewer.send('history', this.#samples)
    viewer.send('pipeline', this.#pipeline())
    viewer.send('prices', { reset: true, candles: this.#ticks.book.all() })
    viewer.send('ticksProblem', this.#ticksProblem)
    if (!this.#running) this.#start()
    return () => {
      if (!this.#viewers.delete(viewer)) return
      this.#parts.events.viewers(this.#viewers.size)
      if (this.#viewers.size === 0) this.stop()
    }
  }

  /** Ends all polling. */
  stop(): void {
    this.#running?.abort()
    this.#running = undefined
    this.#measurements.pause()
    this.#ticksProblem = null
  }

  #start(): void {
    const running = new AbortController()
    this.#running = running
    const { signal } = running
    const work = [
      this.#measurements.run(signal),
      this.#sendPipeline(signal),
      this.#addSamples(signal),
      this.#followTicks(signal),
    ]
    void Promise.all(work).catch((error) => this.#parts.events.defect(error))
  }

  async #sendPipeline(signal: AbortSignal): Promise<void> {
    await sleep(300, signal)
    while (!signal.aborted) {
      this.#send('pipeline', this.#pipeline())
      await sleep(PIPELINE_EVERY_MS, signal)
    }
  }

  async #addSamples(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(SAMPLE_EVERY_MS, signal)
      if (!signal.aborted) this.#addSample(false)
    }
  }

  async #followTicks(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#ticks.run(signal, () => this.#sendTicksProblem(null))
      } catch (error) {
        if (signal.aborted) return
        this.#sendTicksProblem(problemOf(error, this.#parts.events.defect))
        await sleep(TICKS_RETRY_AFTER_MS, signal)
      }
    }
  }

  #sendTicksProblem(problem: Problem | null): void {
    this.#ticksProblem = problem
    this.#send('ticksProblem', problem)
  }

  #addSample(counted: boolean): void {
    const sample = this.#measurements.sample(Date.now(), counted)
    this.#samples.push(sample)
    if (this.#samples.length > SAMPLES_KEPT) this.#samples.shift()
    this.#send('sample', sample)
  }

  #pipeline() {
    const facts = { ...this.#measurements.facts(Date.now()), rejections: this.#ticks.rejections.nearlyAll() }
    return { ...pipelineOf(facts), alerts: this.#parts.firingAlerts() }
  }

  #send<E extends keyof StreamEvents>(event: E, data: StreamEvents[E]): void {
    for (const viewer of this.#viewers) viewer.send(event, data)
  }
}
