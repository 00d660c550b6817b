// Doctor's checks of the broker, layer by layer, on one connection that follows no advertised name.
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import {
  apiVersionsV3,
  Connection,
  consumerGroupDescribeV0,
  describeConfigsV4,
  metadataV12,
} from '@platformatic/kafka'
import { type KafkaConfig, kafkaClientSettings } from '@ticklake/kafka/config.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { brokerErrors, brokerFailure } from './broker-errors.ts'
import {
  diagnoseAdvertised,
  diagnosePartitions,
  diagnoseReach,
  diagnoseTls,
  diagnoseTopicTime,
} from './diagnoses.ts'
import type { RunCheck } from './doctor.ts'
import { type Address, handshake, parseServers, reachTcp, resolveName } from './network.ts'

type BrokerCheck =
  | 'broker name'
  | 'broker TCP'
  | 'broker TLS'
  | 'broker SASL'
  | 'broker API'
  | 'advertised'
  | 'topic'
  | 'topic time'
  | 'group protocol'

export type BrokerChecks = Readonly<Record<BrokerCheck, RunCheck>> & Disposable

const CLIENT_ID = 'ticklake-doctor'
const ANSWER_MS = 8_000
const TOPIC_RESOURCE = 2
const timestampSetting = 'message.timestamp.type'

/**
 * @param wantedPartitions the minimum for the topic @throws Failure CONFIG_INVALID if addresses or files in KAFKA_*
 * cannot be read
 */
export function brokerChecks(config: KafkaConfig, wantedPartitions: number): BrokerChecks {
  const settings = kafkaClientSettings(config, CLIENT_ID)
  const servers = addressesOf(config.KAFKA_BOOTSTRAP_SERVERS)
  const protocol = config.KAFKA_SECURITY_PROTOCOL
  const topic = config.KAFKA_TOPIC
  const authority = settings['ssl.ca.location']
  const ca = authority === undefined ? undefined : readFileSync(String(authority), 'utf8')
  let connection: Connection | undefined

  const connected = async (): Promise<Connection> => {
    if (connection?.isConnected()) return connection
    const { host, port } = servers[0]!
    connection = new Connection(CLIENT_ID, {
      connectTimeout: ANSWER_MS,
      requestTimeout: ANSWER_MS,
      ...(protocol.endsWith('SSL') && { tls: ca === undefined ? {} : { ca }, tlsServerName: !isIP(host) }),
      ...(protocol.startsWith('SASL_') && {
        sasl: {
          mechanism: config.KAFKA_SASL_MECHANISM,
          username: String(settings['sasl.username']),
          password: String(settings['sasl.password']),
        },
      }),
    })
    connection.on('error', () => {})
    await connection.connect(host, port)
    return connection
  }
  const ask = async <T>(doing: string, question: (on: Connection) => Promise<T>): Promise<T> => {
    try {
      return await question(await connected())
    } catch (error) {
      throw brokerFailure(doing, config, error)
    }
  }

  const metadata = (doing: string, topics: string[]) =>
    ask(doing, (on) => metadataV12.api.async(on, topics, false, false))

  return {
    async 'broker name'() {
      const found = await Promise.all(
        servers.map(async ({ host, port }) => {
          const reach = await resolveName(host)
          diagnoseReach(host, port, reach)
          return reach.reached ? `${host} is ${reach.addresses.join(', ')}` : ''
        }),
      )
      return found.join('; ')
    },

    async 'broker TCP'() {
      const found = await Promise.all(
        servers.map(async (server) => diagnoseReach(server.host, server.port, await reachTcp(server))),
      )
      return found.join(', ')
    },

    async 'broker TLS'() {
      if (!protocol.endsWith('SSL')) return { notNeeded: `KAFKA_SECURITY_PROTOCOL is ${protocol}` }
      const found = await Promise.all(servers.map((server) => checkTls(server, ca)))
      return found.join('; ')
    },

    async 'broker SASL'() {
      if (!protocol.startsWith('SASL_')) return { notNeeded: `KAFKA_SECURITY_PROTOCOL is ${protocol}` }
      await ask('logging in', async () => {})
      return `${config.KAFKA_SASL_USERNAME} is authenticated with ${config.KAFKA_SASL_MECHANISM}`
    },

    async 'broker API'() {
      const { apiKeys } = await ask('reading its API versions', (on) =>
        apiVersionsV3.api.async(on, CLIENT_ID, '1'),
      )
      const { clusterId } = await metadata('reading its brokers', [])
      return `${apiKeys.length} kinds of request, cluster ${clusterId ?? 'without a name'}`
    },

    async advertised() {
      const { brokers } = await metadata('reading its brokers', [])
      const advertised = await Promise.all(
        brokers.map(async ({ nodeId, host, port }) => ({
          nodeId,
          host,
          port,
          reach: await reachTcp({ host, port }),
        })),
      )
      const bootstrapHosts = servers.map(({ host }) => host)
      const text = diagnoseAdvertised(bootstrapHosts, advertised)
      // Clients check the certificate against the advertised name, not against the bootstrap name.
      if (protocol.endsWith('SSL')) await Promise.all(advertised.map((broker) => checkTls(broker, ca)))
      return `${text}, reached from here`
    },

    async topic() {
      const { topics } = await metadata(`reading topic ${topic}`, [topic])
      return diagnosePartitions(topic, topics[0]?.partitions.length ?? 0, wantedPartitions)
    },

    async 'topic time'() {
      const { results } = await ask(`reading the settings of topic ${topic}`, (on) =>
        describeConfigsV4.api.async(on, [
          { resourceType: TOPIC_RESOURCE, resourceName: topic, configurationKeys: [timestampSetting] },
        ]),
      )
      const setting = results[0]?.configs.find(({ name }) => name === timestampSetting)
      return diagnoseTopicTime(topic, setting?.value ?? undefined)
    },

    async 'group protocol'() {
      if (config.KAFKA_GROUP_PROTOCOL === 'classic') return { notNeeded: 'KAFKA_GROUP_PROTOCOL is classic' }
      return await ask('reading its group protocol', consumerProtocol)
    },

    [Symbol.dispose]() {
      void connection?.close().catch(() => {})
    },
  }
}

async function checkTls(server: Address, ca: string | undefined): Promise<string> {
  return diagnoseTls(server.host, server.port, await handshake(server, ca), Date.now())
}

/** Errors of a broker that knows the protocol, for a group that does not exist or is another broker's. */
const speaksOf = new Set([
  'GROUP_ID_NOT_FOUND',
  'GROUP_AUTHORIZATION_FAILED',
  'NOT_COORDINATOR',
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
])

/**
 * Describes a group that does not exist, which creates none. @throws Failure GROUP_PROTOCOL; the client's error for any
 * other answer
 */
async function consumerProtocol(on: Connection): Promise<string> {
  const { apiKeys } = await apiVersionsV3.api.async(on, CLIENT_ID, '1')
  // An older broker would not answer, but close the connection.
  if (!apiKeys.some(({ apiKey }) => apiKey === consumerGroupDescribeV0.api.key)) throw noConsumerProtocol()
  try {
    await consumerGroupDescribeV0.api.async(on, [CLIENT_ID], false)
  } catch (error) {
    const errors = brokerErrors(error)
    if (errors.includes('UNSUPPORTED_VERSION')) throw noConsumerProtocol(error)
    if (!errors.some((name) => speaksOf.has(name))) throw error
  }
  return 'consumer (KIP-848)'
}

function noConsumerProtocol(cause?: unknown): Failure {
  return new Failure({
    code: 'GROUP_PROTOCOL',
    what: 'the broker does not offer the group protocol of KAFKA_GROUP_PROTOCOL=consumer (KIP-848)',
    why: 'it is older than Kafka 4.0, or group.coordinator.rebalance.protocols leaves `consumer` out',
    remedy: 'set KAFKA_GROUP_PROTOCOL=classic, or switch the protocol on at the broker',
    cause,
  })
}

function addressesOf(list: string): Address[] {
  const addresses = parseServers(list)
  if (addresses) return addresses
  throw new Failure({
    code: 'CONFIG_INVALID',
    what: 'KAFKA_BOOTSTRAP_SERVERS contains something that is not an address',
    why: `it is ${JSON.stringify(list)}`,
    remedy: 'write host:port, comma-separated if there are several',
  })
}
