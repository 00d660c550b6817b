// One stream on a stack: a topic and every service that a row passes through, under one name.
import { join } from 'node:path'
import { type StackEnv, serviceEnv } from '@ticklake/stack/environment.ts'
import { Service } from '@ticklake/testing/service.ts'
import { createTopic } from '@ticklake/testing/topic.ts'

export interface Stream extends AsyncDisposable {
  readonly env: Record<string, string>
  readonly services: Readonly<Record<'consumer' | 'catalog' | 'producer', Service>>
  /** Starts a command of a service for this stream: `start('catalog', 'audit')`. */
  start(service: string, ...command: string[]): Service
}

export interface StreamOptions {
  /** The name of the topic, the database, the consumer group and the prefix in the bucket. */
  readonly name: string
  readonly partitions: number
  readonly topicConfig?: Record<string, string>
  /** Environment of the services, in addition to the stack's. */
  readonly settings: Record<string, string>
  /** The folder for the services' logs. */
  readonly dir: string
}

/** Declares the table, then starts the services, the producer last. They are stopped in the opposite order. */
export async function startStream(stack: StackEnv, options: StreamOptions): Promise<Stream> {
  const { name, partitions, topicConfig, settings, dir } = options
  const env = serviceEnv(stack, {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    LAKE_PREFIX: name,
    LAKE_DATABASE: name,
    KAFKA_TOPIC: name,
    CONSUMER_GROUP_ID: name,
    PRODUCER_HEALTH_PORT: '0',
    CONSUMER_HEALTH_PORT: '0',
    CATALOG_HEALTH_PORT: '0',
    CATALOG_PAGE_PORT: '0',
    ...settings,
  })
  await createTopic(env, partitions, topicConfig)
  const start = (service: string, ...command: string[]) =>
    new Service([`${service}/main.ts`, ...command], { env, logFile: join(dir, `${name}-${service}.log`) })
  await start('catalog', 'declare').ended()
  const services = {
    consumer: start('consumer', 'run'),
    catalog: start('catalog', 'serve'),
    producer: start('producer', 'run'),
  }
  return {
    env,
    services,
    start,
    async [Symbol.asyncDispose]() {
      await Promise.all(
        Object.values(services)
          .reverse()
          .map((service) => service.stop()),
      )
    },
  }
}
