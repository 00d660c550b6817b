// Short work of an administrator: a client that is closed when it is done, and a topic that is created once.
import kafkaJavascript, { type IAdminClient } from '@confluentinc/kafka-javascript'
import { type KafkaConfig, kafkaClientSettings } from './config.ts'

const { AdminClient, CODES } = kafkaJavascript

export async function withAdmin<T>(
  config: KafkaConfig,
  { clientId, logLevel }: { readonly clientId: string; readonly logLevel: number },
  work: (admin: IAdminClient) => Promise<T>,
): Promise<T> {
  const admin = AdminClient.create({ ...kafkaClientSettings(config, clientId), log_level: logLevel })
  try {
    return await work(admin)
  } finally {
    admin.disconnect()
  }
}

/** Creates a topic unless it exists. @throws the client's error */
export function ensureTopic(
  admin: IAdminClient,
  topic: Parameters<IAdminClient['createTopic']>[0],
  withinMs: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    admin.createTopic(topic, withinMs, (error) => {
      if (!error || error.code === CODES.ERRORS.ERR_TOPIC_ALREADY_EXISTS) resolve()
      else reject(error)
    })
  })
}
