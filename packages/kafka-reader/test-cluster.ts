// For tests: three brokers that are also controllers, on free ports; they can be killed, stopped and restarted.
// Clients connect by PLAINTEXT or SASL_SSL; the certificate is signed by an authority of the test.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const project = join(import.meta.dirname, '../..')
const java = join(project, '.local/java/bin/java')
const jvmFlags = [
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  `-XX:AOTCache=${join(project, '.local/archives/kafka.aot')}`,
  '-Xlog:disable',
  '-Xlog:all=error:stderr',
  `-Dlog4j2.configurationFile=${join(project, 'stack/kafka/log4j2.properties')}`,
  '-cp',
  `${join(project, '.local/kafka')}/*`,
]
const clusterId = 'a2Fma2EtcmVhZGVyLXRlc3Q'
const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'

export const user = { username: 'reader', password: 'reader-secret' }
/** The session lifetime of an authentication. */
export const REAUTHENTICATE_MS = 4_000

interface Node {
  readonly id: number
  readonly plain: number
  readonly secure: number
  readonly controller: number
  readonly config: string
  process: ChildProcess | undefined
}

export class TestCluster implements AsyncDisposable {
  readonly dir: string
  readonly #nodes: Node[]
  readonly #settings: Readonly<Record<string, string | number>>

  private constructor(dir: string, nodes: Node[], settings: Readonly<Record<string, string | number>>) {
    this.dir = dir
    this.#nodes = nodes
    this.#settings = settings
  }

  /** @param settings brokers' settings, which override those below */
  static async start(
    brokers = 3,
    settings: Readonly<Record<string, string | number>> = {},
  ): Promise<TestCluster> {
    const dir = mkdtempSync(join(tmpdir(), 'kafka-reader-test-'))
    const ports = await freePorts(3 * brokers)
    makeCertificate(dir)
    const nodes = Array.from({ length: brokers }, (_, at) => ({
      id: at + 1,
      plain: ports[3 * at]!,
      secure: ports[3 * at + 1]!,
      controller: ports[3 * at + 2]!,
      config: join(dir, `${at + 1}.properties`),
      process: undefined,
    }))
    const cluster = new TestCluster(dir, nodes, settings)
    try {
      await Promise.all(nodes.map((node) => cluster.#format(node)))
      for (const { id } of nodes) cluster.begin(id)
      await Promise.all(nodes.map(({ id }) => cluster.ready(id)))
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
    return cluster
  }

  get brokers(): string[] {
    return this.#nodes.map(({ plain }) => `127.0.0.1:${plain}`)
  }

  get secureBrokers(): string[] {
    return this.#nodes.map(({ secure }) => `127.0.0.1:${secure}`)
  }

  get ca(): string {
    return readFileSync(join(this.dir, 'ca.pem'), 'utf8')
  }

  /** The folder of a broker's partition. */
  logDir(id: number, partition: string): string {
    return join(this.dir, `${id}`, partition)
  }

  begin(id: number): void {
    const node = this.#node(id)
    const log = createWriteStream(join(this.dir, `${id}.log`), { flags: 'a' })
    node.process = spawn(java, [...jvmFlags, 'kafka.Kafka', node.config], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    // An interrupted test run leaves no broker running.
    const { process: broker } = node
    const end = () => broker.kill('SIGKILL')
    process.once('exit', end)
    broker.once('exit', () => process.off('exit', end))
    node.process.stdout?.pipe(log, { end: false })
    node.process.stderr?.pipe(log, { end: false })
  }

  /** Waits until the broker reports that it has started. */
  async ready(id: number): Promise<void> {
    const started = Date.now()
    const { process } = this.#node(id)
    let said = ''
    process?.stdout?.on('data', (text) => {
      said += text
    })
    while (!/Kafka Server started/.test(said)) {
      if (process?.exitCode !== null || Date.now() - started > 240_000) {
        throw new Error(`broker ${id} does not start:\n${said.slice(-3_000)}`)
      }
      await sleep(50)
    }
  }

  /** kill -9 */
  async kill(id: number): Promise<void> {
    const { process } = this.#node(id)
    if (!process || process.exitCode !== null || process.signalCode !== null) return
    const gone = new Promise((resolve) => process.once('exit', resolve))
    process.kill('SIGKILL')
    await gone
  }

  /** It keeps its connections, but no longer responds. */
  stop(id: number): void {
    this.#node(id).process?.kill('SIGSTOP')
  }

  goOn(id: number): void {
    this.#node(id).process?.kill('SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#nodes.map(({ id }) => this.kill(id)))
    rmSync(this.dir, { recursive: true, force: true })
  }

  #node(id: number): Node {
    return this.#nodes[id - 1]!
  }

  #format(node: Node): Promise<void> {
    mkdirSync(join(this.dir, `${node.id}`))
    const voters = this.#nodes.map(({ id, controller }) => `${id}@127.0.0.1:${controller}`).join(',')
    const properties = {
      'process.roles': 'broker,controller',
      'node.id': node.id,
      'broker.rack': `rack-${node.id}`,
      'controller.quorum.voters': voters,
      'controller.listener.names': 'CONTROLLER',
      'inter.broker.listener.name': 'PLAINTEXT',
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT',
      listeners: `PLAINTEXT://127.0.0.1:${node.plain},SECURE://127.0.0.1:${node.secure},CONTROLLER://127.0.0.1:${node.controller}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${node.plain},SECURE://127.0.0.1:${node.secure}`,
      'listener.name.secure.ssl.keystore.type': 'PEM',
      'listener.name.secure.ssl.keystore.location': join(this.dir, 'broker.pem'),
      'listener.name.secure.sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512,PLAIN',
      'listener.name.secure.scram-sha-256.sasl.jaas.config': scram,
      'listener.name.secure.scram-sha-512.sasl.jaas.config': scram,
      'listener.name.secure.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_${user.username}="${user.password}";`,
      'connections.max.reauth.ms': REAUTHENTICATE_MS,
      'log.dirs': join(this.dir, `${node.id}`),
      'auto.create.topics.enable': false,
      'auto.leader.rebalance.enable': false,
      'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
      'offsets.topic.num.partitions': 1,
      'offsets.topic.replication.factor': 1,
      'transaction.state.log.num.partitions': 1,
      'transaction.state.log.replication.factor': 1,
      'transaction.state.log.min.isr': 1,
      // A dead broker is detected within seconds.
      'broker.heartbeat.interval.ms': 500,
      'broker.session.timeout.ms': 3_500,
      'replica.lag.time.max.ms': 3_500,
      'log.cleaner.backoff.ms': 200,
      'controller.quorum.fetch.timeout.ms': 2_000,
      'controller.quorum.election.timeout.ms': 500,
      'quota.window.num': 3,
      'num.network.threads': 2,
      'num.io.threads': 2,
      ...this.#settings,
    }
    writeFileSync(
      node.config,
      Object.entries(properties)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    )
    const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${user.username},password=${user.password}]`,
    ])
    const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', node.config, ...users]
    return new Promise((resolve, reject) => {
      const child = spawn(java, [...jvmFlags, ...format], { stdio: ['ignore', 'ignore', 'pipe'] })
      let said = ''
      child.stderr.on('data', (text) => {
        said += text
      })
      child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`format: ${said}`))))
    })
  }
}

/** ca.pem, and broker.pem with the key and certificate of 127.0.0.1. */
function makeCertificate(dir: string): void {
  const at = (name: string) => join(dir, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' })
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout']
  openssl('req', '-x509', ...key, at('ca.key'), '-out', at('ca.pem'), '-subj', '/CN=test', '-days', '2')
  openssl('req', ...key, at('broker.key'), '-out', at('broker.csr'), '-subj', '/CN=broker')
  writeFileSync(at('san'), 'subjectAltName=IP:127.0.0.1\n')
  const signed = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-extfile', at('san')]
  openssl('x509', '-req', '-in', at('broker.csr'), ...signed, '-out', at('broker.crt'), '-days', '2')
  writeFileSync(
    at('broker.pem'),
    readFileSync(at('broker.key'), 'utf8') + readFileSync(at('broker.crt'), 'utf8'),
  )
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer()
      return new Promise<typeof server>((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
