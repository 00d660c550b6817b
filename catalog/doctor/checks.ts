// All of doctor's looks for one environment; the clients are made by the look at the configuration.
import { type Env, integer, optional, readEnv } from '@ticklake/runtime/env.ts'
import { type CatalogConfig, catalogConfig } from '../config.ts'
import { type AwsLooks, awsLooks, regionOf } from './aws.ts'
import { type BrokerLooks, brokerLooks } from './broker.ts'
import type { Looks } from './doctor.ts'

/**
 * @param partitions the least number that the topic must have; KAFKA_TOPIC_PARTITIONS, or one, when absent
 * @param onLook told before each look but the first
 */
export function looksAt(
  env: Env,
  partitions: number | undefined,
  onLook: (check: string) => void = () => {},
): Looks & Disposable {
  // All other looks need the first, so none of them is asked before these are made.
  let made: { aws: AwsLooks; broker: BrokerLooks } | undefined
  const aws = (check: Exclude<keyof AwsLooks, symbol>) => (signal: AbortSignal) => {
    onLook(check)
    return made!.aws[check](signal)
  }
  const broker = (check: Exclude<keyof BrokerLooks, symbol>) => (signal: AbortSignal) => {
    onLook(check)
    return made!.broker[check](signal)
  }
  return {
    async configuration() {
      const config = catalogConfig(env)
      const wanted = partitions ?? partitionsWanted(env)
      const region = await regionOf(config.lake)
      made = { broker: brokerLooks(config.kafka, wanted), aws: awsLooks(config.lake) }
      return summary(config, region, env)
    },
    clock: aws('clock'),
    credentials: aws('credentials'),
    bucket: aws('bucket'),
    write: aws('write'),
    'conditional PUT': aws('conditional PUT'),
    Glue: aws('Glue'),
    'Athena workgroup': aws('Athena workgroup'),
    'Athena query': aws('Athena query'),
    'broker name': broker('broker name'),
    'broker TCP': broker('broker TCP'),
    'broker TLS': broker('broker TLS'),
    'broker SASL': broker('broker SASL'),
    'broker API': broker('broker API'),
    advertised: broker('advertised'),
    topic: broker('topic'),
    'topic time': broker('topic time'),
    'group protocol': broker('group protocol'),
    [Symbol.dispose]() {
      made?.aws[Symbol.dispose]()
      made?.broker[Symbol.dispose]()
    },
  }
}

function summary({ kafka, lake }: CatalogConfig, region: string, env: Env): string {
  // Its origin alone: an address may carry a name and a password.
  const endpoint = env.AWS_ENDPOINT_URL ? `${region} at ${URL.parse(env.AWS_ENDPOINT_URL)?.origin}` : region
  return `Kafka ${kafka.KAFKA_BOOTSTRAP_SERVERS} (${kafka.KAFKA_SECURITY_PROTOCOL}), AWS ${endpoint}, s3://${lake.bucket}/${lake.prefix}`
}

/** What `producer topic create` is told; any number will do where nobody has said one. */
function partitionsWanted(env: Env): number {
  const schema = {
    KAFKA_TOPIC_PARTITIONS: optional(integer({ doc: 'how many partitions the topic has', min: 1 })),
  }
  return readEnv(schema, env).KAFKA_TOPIC_PARTITIONS ?? 1
}
