// The broker's administrative side: waits for it, and finds, creates and describes topics.
import { readFileSync } from 'node:fs'
import type { Admin, AdminOptions } from '@platformatic/kafka'
import { type KafkaConfig, kafkaClientSettings } from '@ticklake/kafka/config.ts'
import { kafkaUnreachable } from '@ticklake/kafka/unreachable.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { type TopicState, type TopicWanted, timestampSetting } from './topic.ts'

/** How long one request may take; a broker that hangs is then asked again. */
const ANSWER_MS = 5_000
const RETRY_MS = 500
const TOPIC_RESOURCE = 2
const EARLIEST = -2n
const LATEST = -1n

export interface BrokerEvents {
  waitingForBroker(servers: string, reason: string): void
  brokerFound(servers: string): void
}

export interface Broker extends AsyncDisposable {
  /** undefined if the topic does not exist */
  describe(name: string): Promise<TopicState | undefined>
  create(name: string, wanted: TopicWanted): Promise<void>
  grow(name: string, partitions: number): Promise<void>
}

/**
 * Waits until the broker answers. @returns undefined if the signal aborted @throws Failure KAFKA_UNREACHABLE after
 * KAFKA_CONNECT_TIMEOUT_MS, KAFKA_REFUSED for wrong credentials
 */
export async function findBroker(
  config: KafkaConfig,
  events: BrokerEvents,
  signal: AbortSignal,
): Promise<Broker | undefined> {
  const servers = config.KAFKA_BOOTSTRAP_SERVERS
  const options = adminOptions(config)
  // Loading it takes half a second, which --help and typing errors should not wait for.
  const { Admin } = await import('@platformatic/kafka')
  const startedAt = Date.now()
  while (!signal.aborted) {
    const admin = new Admin(options)
    try {
      const { brokers } = await admin.metadata({ topics: [] })
      await admin.close()
      const advertised = [...brokers.values()].map(({ host, port }) => `${host}:${port}`)
      events.brokerFound(servers)
      // From here on its requests are retried: a new topic has no leader yet.
      return brokerOf({
        admin: new Admin({ ...options, retries: 20, retryDelay: 250 }),
        config,
        events,
        signal,
        advertised,
      })
    } catch (error) {
      await admin.close().catch(() => {})
      const reason = reasons(error)
      if (isDenied(error)) throw refused(servers, reason, error)
      const waitedMs = Date.now() - startedAt
      if (waitedMs >= config.KAFKA_CONNECT_TIMEOUT_MS) throw unreachable(servers, waitedMs, reason, error)
      events.waitingForBroker(servers, reason)
    }
    await sleep(RETRY_MS, signal)
  }
  return undefined
}

/** The second client, in pure JavaScript, connects to the same brokers: its options are derived from librdkafka's. */
function adminOptions(config: KafkaConfig): AdminOptions {
  const settings = kafkaClientSettings(config, 'ticklake-producer-admin')
  const ca = settings['ssl.ca.location']
  return {
    clientId: String(settings['client.id']),
    bootstrapBrokers: config.KAFKA_BOOTSTRAP_SERVERS.split(',').map((server) => server.trim()),
    retries: 0,
    timeout: ANSWER_MS,
    connectTimeout: ANSWER_MS,
    requestTimeout: ANSWER_MS,
    metadataMaxAge: 0,
    ...(config.KAFKA_SECURITY_PROTOCOL.endsWith('SSL') && {
      tls: ca === undefined ? {} : { ca: readFileSync(String(ca)) },
      tlsServerName: true,
    }),
    ...(config.KAFKA_SECURITY_PROTOCOL.startsWith('SASL_') && {
      sasl: {
        mechanism: config.KAFKA_SASL_MECHANISM,
        username: String(settings['sasl.username']),
        password: String(settings['sasl.password']),
      },
    }),
  }
}

interface Found {
  readonly admin: Admin
  readonly config: KafkaConfig
  readonly events: BrokerEvents
  readonly signal: AbortSignal
  /** host:port of each broker, as the bootstrap broker advertises them. */
  readonly advertised: readonly string[]
}

function brokerOf({ admin, config, events, signal, advertised }: Found): Broker {
  const servers = config.KAFKA_BOOTSTRAP_SERVERS
  const timeoutMs = config.KAFKA_CONNECT_TIMEOUT_MS
  /** A broker that disappears after it was found is waited for as long as at the start. */
  const ask = async <T>(what: string, question: () => Promise<T>): Promise<T> => {
    const deadline = Date.now() + timeoutMs
    let wasAway = false
    for (;;) {
      try {
        const answer = await within(question(), deadline - Date.now(), signal)
        if (wasAway) events.brokerFound(servers)
        return answer
      } catch (error) {
        if (signal.aborted || !isAway(error)) throw refusedTo(what, error)
        if (Date.now() >= deadline) throw await away(what, error)
        wasAway = true
        events.waitingForBroker(servers, reasons(error))
        await sleep(RETRY_MS, signal)
      }
    }
  }
  const refusedTo = (what: string, error: unknown) =>
    new Failure({
      code: 'KAFKA_ADMIN',
      what: `${what} failed`,
      why: `the broker at ${servers} says: ${reasons(error)}`,
      remedy: 'fix the cause (rights, replication, an unavailable broker), then run the command again',
      cause: error,
    })
  /** All requests after the first go to the addresses that brokers advertise. */
  const away = async (what: string, error: unknown) => {
    const probe = new (await import('@platformatic/kafka')).Admin(adminOptions(config))
    const answers = await probe.metadata({ topics: [] }).then(
      () => true,
      () => false,
    )
    await probe.close().catch(() => {})
    const seconds = Math.round(timeoutMs / 1000)
    return answers
      ? kafkaUnreachable({
          what: `${servers} answers, but no broker does at the address that it advertises (${advertised.join(', ')}) within ${seconds} s; ${what} failed`,
          why: reasons(error),
          remedy:
            'set the broker’s advertised.listeners to an address that can be reached from here; `make doctor` shows both',
          cause: error,
        })
      : unreachable(servers, timeoutMs, reasons(error), error)
  }
  return {
    async describe(name) {
      const topic = await ask(`asking for topic ${name}`, async () => {
        try {
          return (
            await admin.metadata({ topics: [name], autocreateTopics: false, forceUpdate: true, retries: 0 })
          ).topics.get(name)
        } catch (error) {
          if (/Unknown topic|UNKNOWN_TOPIC_OR_PARTITION/.test(reasons(error))) return undefined
          throw error
        }
      })
      if (!topic) return undefined
      const resources = [
        {
          resourceType: TOPIC_RESOURCE,
          resourceName: name,
          configurationKeys: [timestampSetting, 'retention.ms'],
        },
      ] as Parameters<Admin['describeConfigs']>[0]['resources']
      const [described] = await ask(`reading the settings of topic ${name}`, () =>
        admin.describeConfigs({ resources }),
      )
      const setting = (key: string) =>
        described?.configs.find((config) => config.name === key)?.value ?? 'unknown'
      const offsets = async (timestamp: bigint) => {
        const partitions = topic.partitions.map((_, partitionIndex) => ({ partitionIndex, timestamp }))
        const [listed] = await ask(`reading the offsets of topic ${name}`, () =>
          admin.listOffsets({ topics: [{ name, partitions }] }),
        )
        return listed!.partitions.reduce((sum, partition) => sum + partition.offset, 0n)
      }
      return {
        name,
        id: topic.id.replaceAll('-', ''),
        partitions: topic.partitionsCount,
        replication: topic.partitions[0]?.replicas.length ?? 0,
        timestampType: setting(timestampSetting),
        retentionMs: setting('retention.ms'),
        rows: (await offsets(LATEST)) - (await offsets(EARLIEST)),
      }
    },
    async create(name, wanted) {
      const configs = [
        { name: timestampSetting, value: wanted.timestampType },
        { name: 'retention.ms', value: String(wanted.retentionMs) },
      ]
      const request = { topics: [name], partitions: wanted.partitions, replicas: wanted.replication, configs }
      await ask(`creating topic ${name}`, () => admin.createTopics(request))
    },
    async grow(name, partitions) {
      // null, which the types do not allow, lets the broker choose where the new partitions go.
      const topics = [{ name, count: partitions, assignments: null as never }]
      await ask(`adding partitions to topic ${name}`, () => admin.createPartitions({ topics }))
    },
    [Symbol.asyncDispose]: () => admin.close(),
  }
}

/** The client retries for minutes if an address drops all packets: neither a stop nor a user waits that long. */
async function within<T>(answer: Promise<T>, ms: number, signal: AbortSignal): Promise<T> {
  const over = new AbortController()
  const silence = sleep(Math.max(0, ms), AbortSignal.any([signal, over.signal])).then(() => {
    throw Object.assign(new Error('no answer in time'), { code: 'PLT_KFK_TIMEOUT' })
  })
  silence.catch(() => {})
  answer.catch(() => {})
  try {
    return await Promise.race([answer, silence])
  } finally {
    over.abort()
  }
}

/** The client nests errors; the innermost ones say what happened. */
function reasons(error: unknown): string {
  const leaves = new Set<string>()
  const visit = (one: unknown) => {
    if (one instanceof AggregateError && one.errors.length > 0) for (const inner of one.errors) visit(inner)
    else if (one instanceof Error && one.cause instanceof Error) {
      leaves.add(`${one.message.replace(/\.$/, '')}: ${one.cause.message}`)
    } else leaves.add(one instanceof Error ? one.message : String(one))
  }
  visit(error)
  return [...leaves].join('; ')
}

/** Whether nobody answered, so that the same request may be answered later. */
function isAway(error: unknown): boolean {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isAway)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return ['PLT_KFK_NETWORK', 'PLT_KFK_TIMEOUT', 'ECONNREFUSED', 'ECONNRESET'].includes(code)
}

function isDenied(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isDenied)
  return error instanceof Error && 'code' in error && error.code === 'PLT_KFK_AUTHENTICATION'
}

function refused(servers: string, reason: string, cause: unknown): Failure {
  return new Failure({
    code: 'KAFKA_REFUSED',
    what: `the broker at ${servers} rejects the producer’s credentials; nothing was sent`,
    why: reason,
    remedy: 'check KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD_FILE and KAFKA_SASL_MECHANISM',
    cause,
  })
}

function unreachable(servers: string, waitedMs: number, reason: string, cause: unknown): Failure {
  return kafkaUnreachable({
    what: `no broker answered at ${servers} within ${Math.round(waitedMs / 1000)} s; nothing was sent`,
    why: reason,
    remedy:
      'start Kafka (`make stack`), or set KAFKA_BOOTSTRAP_SERVERS; KAFKA_CONNECT_TIMEOUT_MS waits longer',
    cause,
  })
}
