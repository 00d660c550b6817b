// Connects a client to its brokers, in attempts so short that a stop need not wait for them.
import type RdKafka from '@confluentinc/kafka-javascript'
import type { KafkaConfig } from '@ticklake/kafka/config.ts'
import { kafkaUnreachable } from '@ticklake/kafka/unreachable.ts'
import type { Failure } from '@ticklake/runtime/errors.ts'
import { Aborted } from '../retry.ts'

type Client = InstanceType<typeof RdKafka.KafkaConsumer>

/** Length of each attempt to reach a broker; a stop waits for one. */
const ATTEMPT_MS = 1_000

/** What is known about brokers that do not answer. */
export interface Reachability {
  /** host:port of each broker, as the bootstrap broker names them. */
  readonly advertised: readonly string[]
  readonly lastFailure: string
}

/**
 * Resolves when a broker has answered.
 * @throws Failure KAFKA_UNREACHABLE after KAFKA_CONNECT_TIMEOUT_MS; Aborted when the signal aborts before
 */
export async function connected(
  consumer: Client,
  config: KafkaConfig,
  signal: AbortSignal,
  failures: () => Reachability,
): Promise<void> {
  if (signal.aborted) throw new Aborted()
  const timeoutMs = config.KAFKA_CONNECT_TIMEOUT_MS
  askInShort(consumer, performance.now() + timeoutMs, signal)
  try {
    await new Promise<void>((resolve, reject) => {
      consumer.connect({}, (error) => (error ? reject(error) : resolve()))
    })
  } catch (error) {
    if (signal.aborted) throw new Aborted()
    const bootstrap = config.KAFKA_BOOTSTRAP_SERVERS.split(',').map((server) => server.trim())
    const { advertised, lastFailure } = failures()
    // The client may know the brokers before an attempt of a second has seen its own answer.
    const others = advertised.filter((address) => !bootstrap.includes(address))
    if (others.length > 0) throw onlyBootstrapAnswers(config, { advertised: others, lastFailure })
    throw kafkaUnreachable({
      what: `no broker answered at ${config.KAFKA_BOOTSTRAP_SERVERS} within ${timeoutMs / 1000} s; nothing was read`,
      why: lastFailure,
      remedy:
        'start it (`make stack`, `make demo` or `make up`), or set KAFKA_BOOTSTRAP_SERVERS, and KAFKA_SECURITY_PROTOCOL as the broker requires',
      cause: error,
    })
  }
}

/**
 * Connecting asks for metadata once, and the client cannot be closed before the answer or its timeout. So it asks in
 * short attempts until the deadline, and a stop need not wait.
 */
function askInShort(consumer: Client, deadline: number, signal: AbortSignal): void {
  const getMetadata = consumer.getMetadata.bind(consumer)
  consumer.getMetadata = (_options, done) => {
    const attempt = () =>
      getMetadata({ timeout: ATTEMPT_MS }, (error, metadata) => {
        if (error && !signal.aborted && performance.now() < deadline) attempt()
        else done?.(error, metadata)
      })
    attempt()
    return consumer
  }
}

/** The bootstrap address has answered; all later requests go to the addresses that brokers advertise. */
export function onlyBootstrapAnswers(
  config: KafkaConfig,
  { advertised, lastFailure }: Reachability,
): Failure {
  const { KAFKA_BOOTSTRAP_SERVERS: bootstrap, KAFKA_CONNECT_TIMEOUT_MS: timeoutMs } = config
  return kafkaUnreachable({
    what: `${bootstrap} answers, but no broker does at the address that it advertises (${advertised.join(', ')}) within ${timeoutMs / 1000} s; nothing was read`,
    why: lastFailure,
    remedy:
      'set the broker’s advertised.listeners to an address that can be reached from here; `make doctor` shows both',
  })
}

/** The addresses that brokers advertise, as the bootstrap broker names them. */
export function advertisedBy(consumer: Client): string[] {
  const { _metadata } = consumer as unknown as { _metadata: { brokers?: { host: string; port: number }[] } }
  return (_metadata.brokers ?? []).map(({ host, port }) => `${host}:${port}`)
}
