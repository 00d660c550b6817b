// A producer that is connected. Its settings are its user's: how long a record may take, whether it is transactional.
import RdKafka from '@confluentinc/kafka-javascript'
import { type KafkaConfig, kafkaClientSettings } from './config.ts'

export type Producer = InstanceType<typeof RdKafka.HighLevelProducer>

export interface ProducerOptions {
  readonly clientId: string
  readonly logLevel: number
  /** Of librdkafka, beside those of the connection. */
  readonly settings: Readonly<Record<string, string | number | boolean>>
  readonly connectWithinMs: number
}

/**
 * A new idempotent producer. Its caller disconnects it.
 * @throws the client's error when no broker answers in time
 */
export async function connectProducer(config: KafkaConfig, options: ProducerOptions): Promise<Producer> {
  const producer = new RdKafka.HighLevelProducer({
    ...kafkaClientSettings(config, options.clientId),
    'enable.idempotence': true,
    log_level: options.logLevel,
    ...options.settings,
  })
  try {
    await new Promise<void>((resolve, reject) => {
      producer.connect({ timeout: options.connectWithinMs }, (error) => (error ? reject(error) : resolve()))
    })
    return producer
  } catch (error) {
    producer.disconnect()
    throw error
  }
}
