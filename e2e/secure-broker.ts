// A second broker like the one on EC2: SASL_SSL with SCRAM, under its own name, with a certificate of its own authority.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GenericContainer, type StartedNetwork, type StartedTestContainer, Wait } from 'testcontainers'
import { run } from './compose-project.ts'

const users = ['admin', 'producer', 'consumer', 'catalog'] as const
export const brokerName = 'broker.test'
const loopback = 'localhost:19092'

/** Starts it, and writes ca.pem and each user's password to `secretsDir`, where the services read them. */
export async function startSecureBroker(
  network: StartedNetwork,
  secretsDir: string,
): Promise<StartedTestContainer> {
  const certificate = await makeCertificate(secretsDir)
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  const broker = await new GenericContainer('apache/kafka:4.3.1')
    .withNetwork(network)
    .withNetworkAliases(brokerName)
    .withCopyContentToContainer([
      { content: certificate, target: '/etc/kafka/secrets/broker.pem', mode: 0o644 },
    ])
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENERS: `CLIENTS://:9094,LOOPBACK://${loopback},CONTROLLER://localhost:9093`,
      KAFKA_ADVERTISED_LISTENERS: `CLIENTS://${brokerName}:9094,LOOPBACK://${loopback}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CLIENTS:SASL_SSL,LOOPBACK:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_INTER_BROKER_LISTENER_NAME: 'LOOPBACK',
      KAFKA_LISTENER_NAME_CLIENTS_SASL_ENABLED_MECHANISMS: 'SCRAM-SHA-512',
      KAFKA_LISTENER_NAME_CLIENTS_SCRAM___SHA___512_SASL_JAAS_CONFIG: scram,
      KAFKA_LISTENER_NAME_CLIENTS_SSL_KEYSTORE_TYPE: 'PEM',
      KAFKA_LISTENER_NAME_CLIENTS_SSL_KEYSTORE_LOCATION: '/etc/kafka/secrets/broker.pem',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: '1',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_HEAP_OPTS: '-Xmx384m',
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(120_000)
    .start()
  for (const user of users) {
    const password = `${user}-password`
    write(join(secretsDir, `${user}.password`), `${password}\n`)
    const add = `SCRAM-SHA-512=[password=${password}]`
    await tool(
      broker,
      'kafka-configs.sh',
      '--alter',
      '--entity-type',
      'users',
      '--entity-name',
      user,
      '--add-config',
      add,
    )
  }
  for (const topic of ['stock-ticks', 'stock-ticks-dead-letters']) {
    const appendTime = ['--config', 'message.timestamp.type=LogAppendTime']
    await tool(broker, 'kafka-topics.sh', '--create', '--topic', topic, '--partitions', '3', ...appendTime)
  }
  return broker
}

async function tool(broker: StartedTestContainer, name: string, ...args: string[]): Promise<void> {
  const { exitCode, output } = await broker.exec([
    `/opt/kafka/bin/${name}`,
    '--bootstrap-server',
    loopback,
    ...args,
  ])
  if (exitCode !== 0) throw new Error(`${name} ${args.join(' ')}: ${output}`)
}

/** An authority (its certificate is ca.pem) and, signed by it, the broker's key and certificate in one PEM text. */
async function makeCertificate(dir: string): Promise<string> {
  mkdirSync(dir, { recursive: true })
  const at = (name: string) => join(dir, name)
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout']
  await run('openssl', [
    'req',
    '-x509',
    ...key,
    at('ca.key'),
    '-out',
    at('ca.pem'),
    '-subj',
    '/CN=test',
    '-days',
    '2',
  ])
  await run('openssl', [
    'req',
    ...key,
    at('broker.key'),
    '-out',
    at('broker.csr'),
    '-subj',
    `/CN=${brokerName}`,
  ])
  writeFileSync(at('san'), `subjectAltName=DNS:${brokerName}\n`)
  const signed = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-extfile', at('san')]
  await run('openssl', [
    'x509',
    '-req',
    '-in',
    at('broker.csr'),
    ...signed,
    '-out',
    at('broker.crt'),
    '-days',
    '2',
  ])
  chmodSync(at('ca.pem'), 0o644)
  return readFileSync(at('broker.key'), 'utf8') + readFileSync(at('broker.crt'), 'utf8')
}

/** Readable by the containers' user, whoever runs the test. */
export function write(path: string, content: string): void {
  writeFileSync(path, content)
  chmodSync(path, 0o644)
}
