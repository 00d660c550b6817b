// `producer run`: sends rows to the topic, and reports how many were delivered.
import { dirname, resolve } from 'node:path'
import { NEW_TOPIC_KNOWN_WITHIN_MS } from '@ticklake/kafka/topic.ts'
import { whyDiskFull } from '@ticklake/runtime/disk-space.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { startHealthServer } from '@ticklake/runtime/health.ts'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { type CommandHost, sleep, whenAborted } from '@ticklake/runtime/process.ts'
import { StopReason } from '@ticklake/runtime/stop-reason.ts'
import { findBroker } from '../broker.ts'
import { type ProducerConfig, producerConfig } from '../config.ts'
import { type Events, makeEvents, type Totals } from '../events.ts'
import { openTopic, type TopicWriter } from '../kafka.ts'
import { makePace } from '../pace.ts'
import { openRejects } from '../rejects.ts'
import { openSource, requireSource } from '../source.ts'
import { sendAll } from '../stream.ts'

const PROGRESS_MS = 1_000
const ASK_AGAIN_AFTER_MS = 250

/** @throws Failure for invalid settings, a bad source, a broker error, or an undelivered row */
export async function run(host: CommandHost, signal: AbortSignal): Promise<void> {
  const config = producerConfig(host.env)
  const registry = makeRegistry('producer')
  const log = makeLogger('producer', host.env, host.stderr)
  const stop = new StopReason({ registry, log, lingerMs: config.PRODUCER_STOP_LINGER_MS, signal })
  const state: { writer?: TopicWriter } = {}
  const whyNotReady = () => {
    if (signal.aborted) return 'stopping'
    const full = whyRejectsDiskFull(config)
    return full ?? (state.writer ? state.writer.whyNotReady() : 'the broker is not found yet')
  }
  await using health = await startHealthServer({
    host: config.PRODUCER_HEALTH_HOST,
    port: config.PRODUCER_HEALTH_PORT,
    portVariable: 'PRODUCER_HEALTH_PORT',
    allowedHosts: config.PRODUCER_HEALTH_ALLOWED_HOSTS,
    allowedHostsVariable: 'PRODUCER_HEALTH_ALLOWED_HOSTS',
    registry,
    whyNotReady: () => stop.why ?? whyNotReady(),
  })
  await stop.during(async () => {
    requireSource(config)
    using rejects = openRejects(config.PRODUCER_REJECTS)
    const events = makeEvents(log, registry, rejects.write)
    events.healthListens(config.PRODUCER_HEALTH_HOST, health.port)
    await send(host, config, events, state, signal)
  })
}

/** The only file that the producer writes. */
function whyRejectsDiskFull({ PRODUCER_REJECTS: path }: ProducerConfig): string | undefined {
  return path === undefined ? undefined : whyDiskFull(dirname(resolve(path)))
}

/** Sends the source's rows. `state` shows whether a writer exists. */
async function send(
  { stdin, stdout }: CommandHost,
  config: ProducerConfig,
  events: Events,
  state: { writer?: TopicWriter },
  signal: AbortSignal,
): Promise<void> {
  if (!(await findTopic(config, events, signal))) return
  await using topic = await openTopic(config, events, signal)
  if (!topic) return
  state.writer = topic

  const source = openSource(config, events, signal, stdin)
  events.sourceOpened(source.name, config.feed ? 'live' : config.mode, config.PRODUCER_RATE)
  const stopping = () => events.stopping(signal.reason)
  signal.addEventListener('abort', stopping, { once: true })
  const progress = setInterval(events.progress, PROGRESS_MS)
  try {
    await sendAll({
      batches: source.batches,
      writer: topic,
      pace: makePace(config.PRODUCER_RATE),
      mostRows: config.PRODUCER_ROWS,
      signal,
    })
  } finally {
    // Also after an error of the source, so that rows sent before it are delivered and counted.
    await drain(topic, config, signal).finally(() => {
      clearInterval(progress)
      signal.removeEventListener('abort', stopping)
      events.ended()
      stdout.write(`${summary(events.totals())}\n`)
    })
  }
  if (config.PRODUCER_AT_END === 'stay' && !signal.aborted) {
    events.stays()
    await whenAborted(signal).catch(() => {})
  }
}

/** @returns false if the signal came first @throws Failure TOPIC_MISSING, KAFKA_* */
async function findTopic(config: ProducerConfig, events: Events, signal: AbortSignal): Promise<boolean> {
  await using broker = await findBroker(config, events, signal)
  if (!broker) return false
  try {
    const missingAt = Date.now() + NEW_TOPIC_KNOWN_WITHIN_MS
    do {
      if (await broker.describe(config.KAFKA_TOPIC)) return true
      await sleep(ASK_AGAIN_AFTER_MS, signal)
    } while (!signal.aborted && Date.now() < missingAt)
    if (signal.aborted) return false
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
  throw new Failure({
    code: 'TOPIC_MISSING',
    what: `there is no topic ${config.KAFKA_TOPIC}; nothing was sent`,
    why: `the broker at ${config.KAFKA_BOOTSTRAP_SERVERS} answers, but does not have it`,
    remedy: 'create it with `node producer/main.ts topic create`, or set KAFKA_TOPIC',
  })
}

/** As long as delivery may take; a signal shortens it at any time. */
async function drain(topic: TopicWriter, config: ProducerConfig, signal: AbortSignal): Promise<void> {
  const stopped = () => topic.drain(config.PRODUCER_STOP_TIMEOUT_MS)
  if (signal.aborted) return stopped()
  const whenStopped = new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => stopped().then(resolve, reject), { once: true })
  })
  await Promise.race([topic.drain(config.PRODUCER_DELIVERY_TIMEOUT_MS + 5_000), whenStopped])
}

function summary(totals: Totals): string {
  const reasons = Object.entries(totals.skippedByReason).map(([reason, count]) => `${reason} ${count}`)
  const why = reasons.length > 0 ? ` (${reasons.join(', ')})` : ''
  return `produced ${totals.produced}, delivered ${totals.delivered}, failed ${totals.failed}, skipped ${totals.skipped}${why}`
}
