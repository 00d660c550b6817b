// For tests of the consumer: one case with its own topic and dataset; everything that it starts ends with it.

import { sleep } from '@ticklake/runtime/process.ts'
import { expect } from 'vitest'
import { ServiceHere } from './in-process.ts'
import { type LakeContent, readLake, readTails } from './lake-reader.ts'
import { PATIENCE_MS } from './patience.ts'
import { type Fault, type Rule, type S3Proxy, startS3Proxy } from './s3-proxy.ts'
import { lastLines, type RunningService, Service } from './service.ts'
import { testEnv } from './test-env.ts'

export type Env = Record<string, string>

const POLL_EVERY_MS = 200
/** The lake is read when a consumer logs that a batch landed, and at least this often. */
const POLL_AT_LEAST_EVERY_MS = 1_000

/** Vitest's own context of a test: cases may run at the same time, so they share nothing. */
interface TestScope {
  readonly onTestFinished: (cleanUp: () => Promise<void>) => void
}

export class ConsumerCase {
  readonly env: Env
  readonly #running: RunningService[] = []
  readonly #proxies: S3Proxy[] = []
  #finished = false

  constructor({ onTestFinished }: TestScope, more: Env = {}) {
    this.env = testEnv({
      CONSUMER_HEALTH_PORT: '0',
      CONSUMER_FLUSH_AFTER_MS: '300',
      LOG_LEVEL: 'debug',
      LAKE_DATASET: 'ticks',
      ...more,
    })
    onTestFinished(async () => {
      this.#finished = true
      await Promise.all(
        this.#running.map((each) => (each instanceof Service ? each.stop('SIGKILL') : each.stop())),
      )
      await Promise.all(this.#proxies.map((proxy) => proxy[Symbol.asyncDispose]()))
    })
  }

  /** Starts the process `consumer run <args>`. */
  consume(more: Env = {}, ...args: string[]): Service {
    return this.#started(
      () => new Service(['consumer/main.ts', 'run', ...args], { env: { ...this.env, ...more } }),
    )
  }

  /** Starts `consumer run <args>` in this process, for a third of the CPU time, if it need not be killed. */
  consumeHere(more: Env = {}, ...args: string[]): ServiceHere {
    const env = { ...this.env, LOG_FORMAT: 'json', ...more }
    return this.#started(() => new ServiceHere(env, 'consumer', ['run', ...args]))
  }

  /** The settings of another group: the consumer need not wait until the first group has removed a dead member. */
  get heir(): Env {
    return { CONSUMER_GROUP_ID: `${this.env.KAFKA_TOPIC}-heir` }
  }

  #started<T extends RunningService>(start: () => T): T {
    // A test that has timed out continues in the background; what it starts then would outlive the run.
    if (this.#finished) throw new Error('the test is over')
    const service = start()
    this.#running.push(service)
    return service
  }

  /** The variables with which a consumer reaches S3 through a proxy with this rule. */
  async behindProxy(rule: Rule): Promise<Env> {
    const proxy = await startS3Proxy(this.env.AWS_ENDPOINT_URL!)
    proxy.rule = rule
    this.#proxies.push(proxy)
    return { AWS_ENDPOINT_URL: proxy.url }
  }

  /**
   * Waits until this many records are in objects and dead-letter files.
   * @param more settings of another dataset
   * @throws Error with the consumers' last log lines
   */
  async landed(total: number, more: Env = {}): Promise<LakeContent> {
    const env = { ...this.env, ...more }
    for (const deadline = Date.now() + PATIENCE_MS; ; ) {
      const isOver = Date.now() > deadline
      // Reading every object costs much more than reading the newest claims, so claims are checked first.
      const sinceMs = performance.now()
      const landing = this.#nextLanding()
      const claimed = (await readTails(env)).reduce((sum, { E }) => sum + E, 0)
      const lake = claimed >= total || isOver ? await readLake(env) : undefined
      const landed = lake ? lake.rows.length + lake.dead.length : 0
      if (lake && landed >= total) return lake
      if (isOver) {
        const said = this.#running.map(({ stderr }) => lastLines(stderr, 15)).join('\n\n')
        throw new Error(`${landed} of ${total} records landed in ${PATIENCE_MS} ms:\n${said}`)
      }
      // Listing a thousand partitions takes S3 seconds: polling without pause would slow the consumer down.
      const pauseMs = Math.min(2_000, Math.max(POLL_EVERY_MS, performance.now() - sinceMs))
      await Promise.all([landing, sleep(pauseMs)])
    }
  }

  async #nextLanding(): Promise<void> {
    const running = this.#running.filter(({ hasEnded }) => !hasEnded)
    await Promise.race([
      sleep(POLL_AT_LEAST_EVERY_MS),
      ...running.map((service) => service.nextLogged('batch landed', POLL_AT_LEAST_EVERY_MS)),
    ])
  }

  /** Waits for the records, stops every consumer in order, and then expects each record once. */
  async expectOnce(rows: number, dead: number): Promise<LakeContent> {
    await this.landed(rows + dead)
    await Promise.all(this.#running.map((service) => service.stop()))
    const lake = await readLake(this.env)
    expectOnce(lake, rows, dead)
    return lake
  }
}

/** Expects every record in exactly one place, and a chain without a hole. */
export function expectOnce(lake: LakeContent, rows: number, dead: number): void {
  expect(new Set(lake.rows).size, 'no row is twice in the lake').toBe(lake.rows.length)
  expect(lake.rows.length, 'no row is lost').toBe(rows)
  expect(new Set(lake.dead).size, 'no refused record is filed twice').toBe(lake.dead.length)
  expect(lake.dead.length, 'no refused record is lost').toBe(dead)
  const next = new Map<number, number>()
  for (const { partition, S, E } of lake.claims) {
    expect(S, `the chain of partition ${partition} has no hole`).toBe(next.get(partition) ?? 0)
    next.set(partition, E)
  }
}

/** A fault for the nth request that matches the filter. */
export function onNth(n: number, filter: (target: string, method: string) => boolean, fault: Fault): Rule {
  let seen = 0
  return ({ method, target }) => (filter(target, method) && ++seen === n ? fault : undefined)
}

export const isClaim = (target: string, method: string) => method === 'PUT' && target.includes('/claims/')
export const isData = (target: string, method: string) => method === 'PUT' && target.includes('/dt%3D')
export const isDead = (target: string, method: string) => method === 'PUT' && target.includes('/dead/')
