// One Kafka broker that is its own controller (KRaft), on the JVM, with settings that make it start fast.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { type Archive, fastStart } from './jvm.ts'
import { installed } from './paths.ts'
import { loopback, type Ports } from './ports.ts'
import type { ProcessSpec } from './supervisor.ts'

/**
 * Writes the broker's configuration, formats its storage on the first run, and returns how to run it.
 * @throws Failure KAFKA_STORAGE when the storage cannot be formatted
 */
export async function kafkaServer(
  dir: string,
  ports: Ports,
  env: Record<string, string>,
  archive: Archive = 'use',
): Promise<ProcessSpec> {
  const storage = join(dir, 'kafka')
  mkdirSync(storage, { recursive: true })
  const config = join(dir, 'kafka.properties')
  writeFileSync(config, brokerProperties(storage, ports))
  if (!existsSync(join(storage, 'meta.properties'))) await format(config, env)
  return {
    name: 'kafka',
    command: join(installed.java, 'bin/java'),
    args: [...jvmFlags(archive), 'kafka.Kafka', config],
    env,
    ready: () => knowsABroker(ports.kafka),
  }
}

function jvmFlags(archive: Archive): string[] {
  return [
    '-Xmx384m',
    ...fastStart('kafka', archive),
    `-Dlog4j2.configurationFile=${join(import.meta.dirname, 'kafka/log4j2.properties')}`,
    '-cp',
    `${installed.kafka}/*`,
  ]
}

// The voters are in the configuration and not in the storage, so that ports may differ from run to run.
function brokerProperties(storage: string, ports: Ports): string {
  const broker = `${loopback}:${ports.kafka}`
  const controller = `${loopback}:${ports.kafkaController}`
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${controller}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    listeners: `PLAINTEXT://${broker},CONTROLLER://${controller}`,
    'advertised.listeners': `PLAINTEXT://${broker}`,
    'log.dirs': storage,
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 4,
    'group.initial.rebalance.delay.ms': 0,
    // The cleaner of Kafka's own compacted topics takes 128 MB of the heap by default; 8 MB hold 300,000 keys.
    'log.cleaner.dedupe.buffer.size': 8_388_608,
    // A consumer that was killed is replaced after 10 s, as with the classic protocol, and not after 45.
    'group.consumer.min.session.timeout.ms': 10_000,
    'group.consumer.session.timeout.ms': 10_000,
    'group.consumer.min.heartbeat.interval.ms': 1_000,
    'group.consumer.heartbeat.interval.ms': 2_000,
    'num.network.threads': 2,
    'num.io.threads': 4,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

async function format(config: string, env: Record<string, string>): Promise<void> {
  const args = [...jvmFlags('use'), 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', config]
  try {
    await promisify(execFile)(join(installed.java, 'bin/java'), args, { env })
  } catch (error) {
    throw new Failure({
      code: 'KAFKA_STORAGE',
      what: 'Kafka’s storage cannot be formatted; nothing was started',
      why: reasonOf(error),
      remedy:
        'free space or fix the permissions of its data folder, then try again; `make clean-data` starts anew, but deletes topics, lake and catalog',
      cause: error,
    })
  }
}

/** Any 16 bytes in URL-safe base64: this is the storage of one machine's broker, which no other broker joins. */
const clusterId = 'dGlja2xha2UtbG9jYWwtMQ'

/**
 * Asks for the cluster's brokers (a Metadata request, version 1, without topics): a broker that has registered
 * and is not fenced lists itself. https://kafka.apache.org/protocol#The_Messages_Metadata
 */
function knowsABroker(port: number): Promise<boolean> {
  const request = Buffer.from('0000000e' + '0003' + '0001' + '00000001' + 'ffff' + '00000000', 'hex')
  return new Promise((resolve, reject) => {
    const socket = connect({ host: loopback, port, timeout: 2_000 })
    let answer = Buffer.alloc(0)
    socket.on('connect', () => socket.write(request))
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk])
      const brokersAt = 8
      if (answer.length < brokersAt + 4) return
      resolve(answer.readInt32BE(brokersAt) > 0)
      socket.destroy()
    })
    socket.on('timeout', () => socket.destroy(new Error('no answer')))
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('closed')))
  })
}
