// A broker of one test, which may be killed, frozen, and made to forget its groups; other tests share one.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverEnv } from '../../stack/environment.ts'
import { kafkaServer } from '../../stack/kafka-server.ts'
import { freePorts } from '../../stack/ports.ts'
import { type ProcessSpec, type Running, Supervisor } from '../../stack/supervisor.ts'

export class OwnBroker implements AsyncDisposable {
  /** host:port */
  readonly address: string
  readonly #dir: string
  readonly #supervisor: Supervisor
  readonly #spec: ProcessSpec
  #running: Running | undefined

  private constructor(dir: string, address: string, spec: ProcessSpec) {
    this.#dir = dir
    this.address = address
    this.#spec = spec
    this.#supervisor = new Supervisor(join(dir, 'logs'))
  }

  static async start(): Promise<OwnBroker> {
    const dir = mkdtempSync(join(tmpdir(), 'ticklake-broker-'))
    mkdirSync(join(dir, 'data'))
    const ports = await freePorts()
    const spec = await kafkaServer(join(dir, 'data'), ports, serverEnv(process.env))
    const broker = new OwnBroker(dir, `127.0.0.1:${ports.kafka}`, spec)
    await broker.begin()
    return broker
  }

  /** Starts it again with what is on its disk. Resolves when it serves. */
  async begin(): Promise<void> {
    this.#running = await this.#supervisor.start({ ...this.#spec, mayEnd: 'anyhow' })
  }

  /** kill -9 */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.#running?.ended
  }

  /** SIGSTOP: it keeps its connections and answers nothing, until SIGCONT. */
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    if (this.#running) process.kill(-this.#running.pid, name)
  }

  /** Between kill() and begin(): like a power cut that lost the groups' records, none of which was on disk yet. */
  forgetGroups(): void {
    const logs = join(this.#dir, 'data', 'kafka')
    for (const name of readdirSync(logs)) {
      if (name.startsWith('__consumer_offsets-')) rmSync(join(logs, name), { recursive: true })
    }
  }

  /**
   * Between kill() and begin(): like a power cut that lost what was not on disk yet of a partition.
   * @param bytes how much of its log remains; the last complete batch in it is the last that the broker finds
   */
  loseTail(topic: string, partition: number, bytes: number): void {
    truncateSync(this.#log(topic, partition), bytes)
  }

  /** The current size of a partition's log. */
  logBytes(topic: string, partition: number): number {
    return statSync(this.#log(topic, partition)).size
  }

  #log(topic: string, partition: number): string {
    return join(this.#dir, 'data', 'kafka', `${topic}-${partition}`, '00000000000000000000.log')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#supervisor.stop()
    rmSync(this.#dir, { recursive: true, force: true })
  }
}
