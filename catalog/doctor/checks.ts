// All of doctor's checks for one environment; the configuration check creates the clients.
import { type Env, integer, optional, readEnv } from '@ticklake/runtime/env.ts'
import { type CatalogConfig, catalogConfig } from '../config.ts'
import { type AwsChecks, awsChecks, regionOf } from './aws.ts'
import { type BrokerChecks, brokerChecks } from './broker.ts'
import type { Checks } from './doctor.ts'

/**
 * @param partitions the minimum for the topic; by default KAFKA_TOPIC_PARTITIONS, or one @param onCheck called before
 * each check except the first
 */
export function checksFor(
  env: Env,
  partitions: number | undefined,
  onCheck: (check: string) => void = () => {},
): Checks & Disposable {
  // All other checks need the first, so none of them runs before these exist.
  let made: { aws: AwsChecks; broker: BrokerChecks } | undefined
  const aws = (check: Exclude<keyof AwsChecks, symbol>) => (signal: AbortSignal) => {
    onCheck(check)
    return made!.aws[check](signal)
  }
  const broker = (check: Exclude<keyof BrokerChecks, symbol>) => (signal: AbortSignal) => {
    onCheck(check)
    return made!.broker[check](signal)
  }
  return {
    async configuration() {
      const config = catalogConfig(env)
      const wanted = partitions ?? partitionsWanted(env)
      const region = await regionOf(config.lake)
      made = { broker: brokerChecks(config.kafka, wanted), aws: awsChecks(config.lake) }
      return summary(config, region, env)
    },
    clock: aws('clock'),
    credentials: aws('credentials'),
    bucket: aws('bucket'),
    write: aws('write'),
    'conditional PUT': aws('conditional PUT'),
    'chains of claims': aws('chains of claims'),
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
  // Only its origin: an address may contain a name and a password.
  const endpoint = env.AWS_ENDPOINT_URL ? `${region} at ${URL.parse(env.AWS_ENDPOINT_URL)?.origin}` : region
  return `Kafka ${kafka.KAFKA_BOOTSTRAP_SERVERS} (${kafka.KAFKA_SECURITY_PROTOCOL}), AWS ${endpoint}, s3://${lake.bucket}/${lake.prefix}`
}

/** As `producer topic create` reads it; by default any number will do. */
function partitionsWanted(env: Env): number {
  const schema = {
    KAFKA_TOPIC_PARTITIONS: optional(integer({ doc: 'how many partitions the topic has', min: 1 })),
  }
  return readEnv(schema, env).KAFKA_TOPIC_PARTITIONS ?? 1
}
