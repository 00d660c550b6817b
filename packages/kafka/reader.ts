// A client that reads partitions which its caller assigns: it joins no group and commits nothing.
import kafkaJavascript from '@confluentinc/kafka-javascript'
import { type KafkaConfig, kafkaClientSettings } from './config.ts'

const { KafkaConsumer } = kafkaJavascript

export type Reader = InstanceType<typeof KafkaConsumer>
type Metadata = kafkaJavascript.Metadata

interface ReaderOptions {
  readonly clientId: string
  /** Never joined, but a client must have one; the broker's ACLs allow the prefix `ticklake-`. */
  readonly groupId: string
  /** What is read where an assigned offset is gone. */
  readonly offsetReset: 'earliest' | 'latest' | 'error'
  /** More settings of librdkafka. */
  readonly settings: Readonly<Record<string, unknown>>
}

/** A connected reader of committed records, and what the broker knows. @throws the client's error, within KAFKA_CONNECT_TIMEOUT_MS */
export async function connectReader(
  config: KafkaConfig,
  { clientId, groupId, offsetReset, settings }: ReaderOptions,
): Promise<{ readonly reader: Reader; readonly metadata: Metadata }> {
  const reader = new KafkaConsumer(
    {
      ...kafkaClientSettings(config, clientId),
      'group.id': groupId,
      'enable.auto.commit': false,
      'enable.auto.offset.store': false,
      'isolation.level': 'read_committed',
      log_level: 0,
      ...settings,
    } as never,
    { 'auto.offset.reset': offsetReset },
  )
  reader.on('event.log', () => {}).on('event.error', () => {})
  const metadata = await new Promise<Metadata>((resolve, reject) => {
    reader.connect({ timeout: config.KAFKA_CONNECT_TIMEOUT_MS }, (error, known) =>
      error ? reject(error) : resolve(known),
    )
  })
  return { reader, metadata }
}

/** Resolves when it is closed, also after an error. */
export function closeReader(reader: Reader): Promise<void> {
  return new Promise((resolve) => reader.disconnect(() => resolve()))
}
