// `catalog serve` of a round: registers hours, compacts closed ones, and is killed meanwhile.
import { join } from 'node:path'
import {
  type Fault,
  type ProxiedRequest,
  type Rule,
  type S3Proxy,
  startS3Proxy,
} from '@ticklake/testing/s3-proxy.ts'
import { lastLines, Service } from '@ticklake/testing/service.ts'
import { type CompactionDeath, compactionPointOf } from './compaction-death.ts'

const STOP_WITHIN_MS = 20_000
/** Between two requests of a compaction that is still at work. */
const WORKS_ON_FOR_MS = 2_000

export interface CompactorOptions {
  readonly env: Readonly<Record<string, string>>
  readonly logDir: string
  /** In order: each waits until the previous one has happened. */
  readonly deaths: readonly CompactionDeath[]
  /** The rule for requests at which it is not killed. */
  readonly rule: Rule
  readonly onProblem: (what: string) => void
}

export class Compactor implements AsyncDisposable {
  readonly #options: CompactorOptions
  readonly #proxy: S3Proxy
  readonly #deaths: CompactionDeath[]
  #service: Service
  /** Processes that were killed or stopped: their end is not a finding. */
  readonly #stopped = new Set<Service>()
  #replacing: Promise<void> | undefined
  #stopping = false
  #seen = 0
  #died = 0
  #workedAt = Number.NEGATIVE_INFINITY

  private constructor(options: CompactorOptions, proxy: S3Proxy) {
    this.#options = options
    this.#proxy = proxy
    this.#deaths = [...options.deaths]
    proxy.rule = (request) => this.#faultOf(request)
    this.#service = this.#start()
  }

  /** Starts the service behind its own proxy, which sees when to kill it. */
  static async start(options: CompactorOptions): Promise<Compactor> {
    return new Compactor(options, await startS3Proxy(options.env.AWS_ENDPOINT_URL!))
  }

  /** How often it was killed. */
  get died(): number {
    return this.#died
  }

  /** Whether it changes an hour, as far as its requests show. */
  get isAtWork(): boolean {
    return performance.now() - this.#workedAt < WORKS_ON_FOR_MS
  }

  /** Stops it normally. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.#replacing
    const service = this.#service
    if (service.hasEnded) return
    this.#stopped.add(service)
    const timer = setTimeout(() => service.process.kill('SIGKILL'), STOP_WITHIN_MS)
    await service.stop('SIGTERM')
    clearTimeout(timer)
    const { exitCode, signalCode } = service.process
    // Killed by the signal itself, which came before Node had started.
    if (exitCode !== 0 && signalCode !== 'SIGTERM')
      this.#options.onProblem(`catalog serve ended with ${exitCode ?? signalCode} after SIGTERM`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true
    await this.#replacing
    this.#stopped.add(this.#service)
    await this.#service.stop('SIGKILL')
    await this.#proxy[Symbol.asyncDispose]()
  }

  #start(): Service {
    const { env, logDir, onProblem } = this.#options
    const service = new Service(['catalog/main.ts', 'serve'], {
      env: { ...env, AWS_ENDPOINT_URL: this.#proxy.url },
      logFile: join(logDir, 'catalog.log'),
    })
    service.process.on('close', (code, signal) => {
      if (this.#stopped.has(service)) return
      const said = lastLines(service.stderr)
      onProblem(`catalog serve ended by itself (${code ?? signal}):\n    ${said}`)
    })
    return service
  }

  async #faultOf(request: ProxiedRequest): Promise<Fault | undefined> {
    const { method, target, headers } = request
    const point = compactionPointOf(method, target, String(headers['x-amz-target'] ?? ''))
    if (point !== undefined) this.#workedAt = performance.now()
    const death = this.#deaths[0]
    const victim = this.#service
    if (!death || this.#stopped.has(victim)) return this.#options.rule(request)
    if (point !== death.point || ++this.#seen < death.nth) return this.#options.rule(request)
    this.#deaths.shift()
    this.#seen = 0
    this.#stopped.add(victim)
    this.#died++
    this.#replacing = victim.stop('SIGKILL').then(() => {
      if (!this.#stopping) this.#service = this.#start()
    })
    await this.#replacing
    // Requests in progress when it died may still be carried out, now beside its successor.
    return { kind: death.carriedOut ? 'reset-after' : 'reset-before' }
  }
}
