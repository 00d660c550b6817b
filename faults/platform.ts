// The local platform for the campaign: its servers can be killed one by one, and it records when each was down.
import { appendFileSync, mkdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { makeBucket } from '@ticklake/stack/bucket.ts'
import { type StackEnv, serverEnv, stackEnv } from '@ticklake/stack/environment.ts'
import { kafkaServer } from '@ticklake/stack/kafka-server.ts'
import { localAws } from '@ticklake/stack/local-aws.ts'
import { miniStack } from '@ticklake/stack/ministack.ts'
import { freePorts } from '@ticklake/stack/ports.ts'
import { newSecret } from '@ticklake/stack/secret.ts'
import { type ProcessSpec, type Running, Supervisor } from '@ticklake/stack/supervisor.ts'
import { trino } from '@ticklake/stack/trino.ts'

export type ServerName = 'kafka' | 'ministack' | 'trino' | 'local-aws'

/** A group member that is silent for this long loses its partitions; the broker's default of 45 s makes rounds long. */
export const sessionSettings = {
  'group.consumer.min.session.timeout.ms': 6_000,
  'group.consumer.session.timeout.ms': 6_000,
  'group.consumer.min.heartbeat.interval.ms': 1_000,
  'group.consumer.heartbeat.interval.ms': 1_000,
}

interface Outage {
  readonly server: ServerName
  /** By performance.now(); Infinity: it is still down. */
  to: number
}

export class Platform implements AsyncDisposable {
  readonly env: StackEnv
  readonly #supervisor: Supervisor
  readonly #specs: ReadonlyMap<ServerName, ProcessSpec>
  readonly #running = new Map<ServerName, Running>()
  readonly #outages: Outage[] = []
  readonly #returning = new Set<Promise<void>>()
  readonly #data: string

  private constructor(
    env: StackEnv,
    data: string,
    supervisor: Supervisor,
    specs: ReadonlyMap<ServerName, ProcessSpec>,
  ) {
    this.env = env
    this.#data = data
    this.#supervisor = supervisor
    this.#specs = specs
  }

  /** Starts everything on free ports. @throws Failure PROCESS_DIED, PROCESS_NOT_READY, with nothing left running */
  static async start(dir: string, bucket: string, onReady: (name: string) => void): Promise<Platform> {
    const data = join(dir, 'data')
    mkdirSync(data, { recursive: true })
    const ports = await freePorts()
    const shell = serverEnv(process.env)
    const secret = newSecret(data)
    const specs = new Map<ServerName, ProcessSpec>([
      ['trino', trino(data, ports, bucket, secret, shell)],
      ['ministack', miniStack(data, ports, secret, shell)],
      ['local-aws', localAws(data, ports, secret, shell)],
      ['kafka', await kafkaServer(data, ports, shell)],
    ])
    const settings = Object.entries(sessionSettings).map(([name, value]) => `${name}=${value}\n`)
    appendFileSync(join(data, 'kafka.properties'), settings.join(''))
    const supervisor = new Supervisor(join(dir, 'logs'))
    const platform = new Platform(stackEnv(ports, bucket), data, supervisor, specs)
    try {
      const start = async (name: ServerName) => {
        await platform.#start(name)
        onReady(name)
      }
      await Promise.all([
        start('trino'),
        start('ministack').then(() => makeBucket(ports, bucket, secret)),
        start('local-aws'),
        start('kafka'),
      ])
    } catch (error) {
      await supervisor.stop()
      throw error
    }
    return platform
  }

  /** kill -9, and restart after that time with what it had on disk. Resolves when it serves again. */
  async takeAway(server: ServerName, forMs: number, whileAway = () => {}): Promise<void> {
    const returned = this.#takeAway(server, forMs, whileAway)
    this.#returning.add(returned)
    try {
      await returned
    } finally {
      this.#returning.delete(returned)
    }
  }

  async #takeAway(server: ServerName, forMs: number, whileAway: () => void): Promise<void> {
    const running = this.#running.get(server)
    if (!running) return
    this.#running.delete(server)
    this.#outages.push({ server, to: Number.POSITIVE_INFINITY })
    // The whole group: a server may have children.
    process.kill(-running.pid, 'SIGKILL')
    await running.ended
    whileAway()
    await new Promise((resolve) => setTimeout(resolve, forMs))
    await this.#start(server)
  }

  /** Starts the servers that did not come back from a fault. @throws Failure PROCESS_DIED, PROCESS_NOT_READY */
  async startMissing(): Promise<void> {
    // A round that breaks off does not wait for its other faults.
    await Promise.allSettled(this.#returning)
    const missing = [...this.#specs.keys()].filter((name) => !this.#running.has(name))
    await Promise.all(missing.map((name) => this.#start(name)))
  }

  /** A power cut of the broker: each partition's log keeps only this many bytes. */
  cutPower(topic: string, bytes: readonly number[], forMs: number): Promise<void> {
    return this.takeAway('kafka', forMs, () => {
      for (const [partition, size] of bytes.entries()) truncateSync(this.#log(topic, partition), size)
    })
  }

  /** How large a partition's log is now. */
  logBytes(topic: string, partition: number): number {
    return statSync(this.#log(topic, partition)).size
  }

  #log(topic: string, partition: number): string {
    return join(this.#data, 'kafka', `${topic}-${partition}`, '00000000000000000000.log')
  }

  /** Whether one of these servers was down at any time since then (by performance.now()). */
  wasAway(servers: readonly ServerName[], since: number): boolean {
    return this.#outages.some(({ server, to }) => servers.includes(server) && to >= since)
  }

  async #start(name: ServerName): Promise<void> {
    this.#running.set(name, await this.#supervisor.start({ ...this.#specs.get(name)!, mayEnd: 'anyhow' }))
    const outage = this.#outages.findLast(({ server }) => server === name)
    if (outage) outage.to = performance.now()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#supervisor.stop()
  }
}
