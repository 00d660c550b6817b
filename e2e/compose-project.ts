// The user's own compose files as the project of a test: started by Testcontainers, and used as a user would.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { DockerComposeEnvironment, type StartedDockerComposeEnvironment } from 'testcontainers'
import { onlyStream } from './one-stream.ts'

// Testcontainers' own clean-up container may be unavailable; every test removes what it started.
process.env.TESTCONTAINERS_RYUK_DISABLED = 'true'
// An attestation differs from build to build, so that an image built twice would have two ids.
process.env.BUILDX_NO_DEFAULT_ATTESTATIONS = '1'
// A test must not use the shell's settings of ticklake.
for (const name of Object.keys(process.env)) {
  if (/^(AWS|KAFKA|LAKE|PRODUCER|CONSUMER|CATALOG|TICKLAKE|LOCALSTACK|COMPOSE)_/.test(name))
    delete process.env[name]
}

export const projectDir = join(import.meta.dirname, '..')

export interface Audit {
  readonly produced: number
  readonly landed: number
  readonly dead: number
  readonly skipped: number
  readonly lost: number
  readonly twice: number
}

export interface ComposeOptions {
  readonly name: string
  readonly files: readonly string[]
  /** What the compose files read from the shell. */
  readonly settings: Readonly<Record<string, string>>
  readonly services?: readonly string[]
  /** Replaces the settings of the user who runs the test. */
  readonly envFile?: string
  /** false: the images must exist already. */
  readonly build?: boolean
}

/** Runs a command to its end. @throws Error with its output, when its exit status is not 0 */
export async function run(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(command, [...args], {
    cwd: projectDir,
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout
}

/** Retries until the result is not undefined. @throws Error after `withinMs`, with the last error or a description */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  withinMs = 240_000,
): Promise<T> {
  const deadline = Date.now() + withinMs
  let last: unknown
  while (Date.now() < deadline) {
    try {
      const answer = await ask()
      if (answer !== undefined) return answer
      last = undefined
    } catch (error) {
      last = error
    }
    await sleep(1_000)
  }
  throw new Error(`not within ${withinMs / 1000} s: ${what}`, { cause: last })
}

export class ComposeProject {
  readonly #options: ComposeOptions
  #environment: StartedDockerComposeEnvironment | undefined

  constructor(options: ComposeOptions) {
    this.#options = options
  }

  /** Returns when everything is healthy and the one-time jobs have finished. Call again after `down`. */
  async up(): Promise<void> {
    const { name, files, settings, services, envFile = '/dev/null', build = true } = this.#options
    await onlyStream()
    this.#environment = await new DockerComposeEnvironment(projectDir, [...files])
      .withProjectName(name)
      .withAutoCleanup(false)
      .withEnvironmentFile(envFile)
      .withEnvironment(settings)
      .withClientOptions({
        commandOptions: [build ? '--build' : '--no-build', '--wait', '--wait-timeout', '600'],
      })
      .up(services ? [...services] : undefined)
  }

  /** Removes what a killed run has left under this name. */
  async clear(): Promise<void> {
    await this.compose('down', '--volumes', '--remove-orphans')
  }

  async down(options: { readonly retainData: boolean }): Promise<void> {
    await this.#environment?.down({ removeVolumes: !options.retainData, timeout: 30_000 })
    this.#environment = undefined
  }

  /** `docker compose ...` on this project, as a user types it. */
  async compose(...args: string[]): Promise<string> {
    const { name, files, settings, envFile = '/dev/null' } = this.#options
    const named = ['compose', '--env-file', envFile, '-p', name, ...files.flatMap((file) => ['-f', file])]
    return run('docker', [...named, ...args], settings)
  }

  /** Runs a command in a service's container. */
  async exec(service: string, ...command: string[]): Promise<string> {
    return this.compose('exec', '-T', service, ...command)
  }

  /** The cells of the first row. */
  async query(sql: string): Promise<string[]> {
    const csv = await this.exec('catalog', 'node', 'catalog/main.ts', 'query', '--output', 'csv', sql)
    const [, row = ''] = csv.trim().split('\n')
    return row.split(',').map((cell) => cell.replace(/^"|"$/g, ''))
  }

  async count(): Promise<number> {
    const [count] = await this.query('SELECT COUNT(*) FROM "stock_market_kafka"."ticks"')
    return Number(count)
  }

  /** Returns once the table has more rows than `rows`. */
  async countAbove(rows: number): Promise<number> {
    return until(`more than ${rows} rows in the table`, async () => {
      const count = await this.count()
      return count > rows ? count : undefined
    })
  }

  /** The audit's output, whatever its result; `waitSeconds` for records in flight. */
  async audit(waitSeconds = 0): Promise<Audit> {
    const wait = waitSeconds > 0 ? ['--wait', String(waitSeconds)] : []
    const ended = await this.exec('catalog', 'node', 'catalog/main.ts', 'audit', ...wait).catch(
      (error: { stdout?: string }) => error.stdout ?? '',
    )
    const line = /^audit: (.*)$/m.exec(ended)?.[1] ?? ''
    const numbers = Object.fromEntries(
      [...line.matchAll(/(\w+) (\d+)/g)].map(([, name, value]) => [name, Number(value)]),
    )
    if (!('lost' in numbers)) throw new Error(`no audit line in: ${ended}`)
    return numbers as unknown as Audit
  }

  /** Stops the producer, waits until everything that it sent has landed, and returns that audit. */
  async auditWhenLanded(): Promise<Audit> {
    await this.compose('stop', 'producer')
    const audit = await this.audit(180)
    if (audit.produced !== audit.landed + audit.dead) {
      throw new Error(`not all has landed: ${JSON.stringify(audit)}`)
    }
    return audit
  }

  /** `docker inspect` of each container of a service, whether it runs or not. */
  async inspect(service: string): Promise<ContainerFacts[]> {
    const ids = (await this.compose('ps', '-a', '-q', service)).trim().split('\n').filter(Boolean)
    return JSON.parse(await run('docker', ['inspect', ...ids])) as ContainerFacts[]
  }
}

export interface ContainerFacts {
  readonly Name: string
  readonly Image: string
  readonly State: { readonly Status: string; readonly Health?: { readonly Status: string } }
  readonly Config: { readonly User: string; readonly Env: readonly string[] }
  readonly HostConfig: { readonly ReadonlyRootfs: boolean; readonly CapDrop: readonly string[] | null }
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, unknown>> }
}
