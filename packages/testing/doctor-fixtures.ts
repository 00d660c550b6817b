// For doctor's stack test: an AWS endpoint that misbehaves on demand, certificates of every kind, and a broker as on EC2.
import { execFile, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { promisify } from 'node:util'

const run = promisify(execFile)
const loopback = '127.0.0.1'

export interface Asked {
  readonly method: string
  readonly path: string
  /** A rule may remove headers before the request is passed on. */
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** The answer instead of the endpoint's, or a change of its answer. */
export interface Change {
  readonly status?: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Front extends AsyncDisposable {
  readonly url: string
  rule: (asked: Asked) => Change | undefined
}

/** Passes everything on to the real endpoint, except for what its rule changes. */
export async function startFront(upstream: string): Promise<Front> {
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const { method, url, headers } = incoming
    const change = front.rule({ method: method!, path: url!, headers, body: body.toString() }) ?? {}
    if (change.status) {
      outgoing.writeHead(change.status, { 'content-type': 'text/xml', ...change.headers }).end(change.body)
      return
    }
    const onward = request(upstream + url, { method: method!, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, { ...answer.headers, ...change.headers })
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    onward.end(body)
  })
  const front: Front = {
    url: `http://${loopback}:${await listening(server)}`,
    rule: () => undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return front
}

/** Passes bytes on to another address. */
export interface Relay {
  readonly address: string
  /** Resolves when the other side has sent its first bytes. */
  readonly answered: Promise<void>
  close(): void
}

export async function startRelay(upstream: string): Promise<Relay> {
  const [host, port] = upstream.split(':')
  const answered = Promise.withResolvers<void>()
  const server = createTcpServer((near) => {
    const far = connect(Number(port), host)
    far.once('data', () => answered.resolve())
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) socket.on('error', () => {})
  })
  return {
    address: `${loopback}:${await listening(server)}`,
    answered: answered.promise,
    close: () => void server.close(),
  }
}

/** A port that nothing listens on. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer()
  const port = await listening(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

export interface Pem {
  readonly key: string
  readonly cert: string
}

/** A certificate authority in `dir`: signs certificates for names (`IP:127.0.0.1,DNS:x`) and days (-1: expired). */
export async function makeAuthority(dir: string) {
  mkdirSync(dir, { recursive: true })
  const at = (name: string) => join(dir, name)
  const ca = { file: at('ca.pem'), key: at('ca.key') }
  const keyOf = (file: string) => ['-newkey', 'rsa:2048', '-nodes', '-keyout', file]
  await run('openssl', [
    'req',
    '-x509',
    ...keyOf(ca.key),
    '-out',
    ca.file,
    '-subj',
    '/CN=authority',
    '-days',
    '2',
  ])
  return {
    file: ca.file,
    async sign(label: string, names: string, days = 2): Promise<Pem> {
      const [key, csr, cert, extensions] = ['key', 'csr', 'crt', 'ext'].map((end) => at(`${label}.${end}`))
      writeFileSync(extensions!, `subjectAltName=${names}\n`)
      await run('openssl', ['req', ...keyOf(key!), '-out', csr!, '-subj', `/CN=${label}`])
      const by = ['-CA', ca.file, '-CAkey', ca.key, '-CAcreateserial', '-extfile', extensions!]
      await run('openssl', ['x509', '-req', '-in', csr!, ...by, '-out', cert!, '-days', String(days)])
      return { key: readFileSync(key!, 'utf8'), cert: readFileSync(cert!, 'utf8') }
    },
  }
}

/** A server that speaks TLS with this certificate, and nothing else. */
export async function startTls(pem: Pem): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createTlsServer(pem, (socket) => socket.on('error', () => {}))
  server.on('tlsClientError', () => {})
  return {
    port: await listening(server),
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

export interface Ec2LikeBroker extends AsyncDisposable {
  /** A plaintext listener that is advertised correctly. */
  readonly plain: string
  /** SASL_SSL with SCRAM-SHA-512, advertised correctly. */
  readonly secure: string
  /** The same, but advertised as localhost, which is not in its certificate. */
  readonly misnamed: string
  /** Plaintext, advertised under a name that only the VPC resolves. */
  readonly privateName: string
  /** Plaintext, advertised under an address at which nothing listens. */
  readonly closed: string
}

/** Folders of what set-up installed. */
export interface Installed {
  readonly java: string
  readonly kafka: string
  readonly archives: string
}

/** Kafka as a plain process with the user `catalog`; it supports only the classic group protocol. */
export async function startEc2LikeBroker(
  installed: Installed,
  dir: string,
  pem: Pem,
  password: string,
): Promise<Ec2LikeBroker> {
  mkdirSync(dir, { recursive: true })
  const at = (name: string) => join(dir, name)
  const ports = await Promise.all(Array.from({ length: 7 }, closedPort))
  const [plain, secure, misnamed, vpc, closed, controller, nobody] = ports.map(
    (port) => `${loopback}:${port}`,
  )
  writeFileSync(at('broker.pem'), pem.key + pem.cert)
  const secured = (listener: string) => ({
    [`listener.name.${listener}.sasl.enabled.mechanisms`]: 'SCRAM-SHA-512',
    [`listener.name.${listener}.scram-sha-512.sasl.jaas.config`]:
      'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    [`listener.name.${listener}.ssl.keystore.type`]: 'PEM',
    [`listener.name.${listener}.ssl.keystore.location`]: at('broker.pem'),
  })
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${controller}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAIN',
    'listener.security.protocol.map':
      'PLAIN:PLAINTEXT,SECURE:SASL_SSL,MISNAMED:SASL_SSL,VPC:PLAINTEXT,CLOSED:PLAINTEXT,CONTROLLER:PLAINTEXT',
    listeners: `PLAIN://${plain},SECURE://${secure},MISNAMED://${misnamed},VPC://${vpc},CLOSED://${closed},CONTROLLER://${controller}`,
    'advertised.listeners': `PLAIN://${plain},SECURE://${secure},MISNAMED://${misnamed!.replace(loopback, 'localhost')},VPC://ip-10-0-0-12.ec2.internal:9092,CLOSED://${nobody}`,
    ...secured('secure'),
    ...secured('misnamed'),
    'group.coordinator.rebalance.protocols': 'classic',
    'log.dirs': at('log'),
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'num.network.threads': 1,
    'num.io.threads': 2,
  }
  const config = at('server.properties')
  writeFileSync(
    config,
    Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  const java = join(installed.java, 'bin/java')
  const archive = `-XX:AOTCache=${join(installed.archives, 'kafka.aot')}`
  const quick = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xlog:disable', archive]
  const jvm = [...quick, '-cp', `${installed.kafka}/*`]
  const user = `SCRAM-SHA-512=[name=catalog,password=${password}]`
  const format = ['kafka.tools.StorageTool', 'format', '-t', 'dGlja2xha2UtZG9jdG9yLQ', '-c', config]
  await run(java, [...jvm, ...format, '--add-scram', user])
  const broker = spawn(java, [...jvm, 'kafka.Kafka', config], { stdio: 'ignore' })
  const ended = new Promise((resolve) => broker.once('close', resolve))
  return {
    plain: plain!,
    secure: secure!,
    misnamed: misnamed!,
    privateName: vpc!,
    closed: closed!,
    async [Symbol.asyncDispose]() {
      broker.kill('SIGKILL')
      await ended
    },
  }
}

async function listening(server: ReturnType<typeof createTcpServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, loopback, resolve))
  return (server.address() as AddressInfo).port
}
