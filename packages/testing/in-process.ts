// For stack tests: runs commands in the test's own process, since starting a process takes longer than most commands.
// Tests of the process itself (signals, pipes, a start) or of other AWS settings need `catalog-commands.ts`.
import { Readable, Writable } from 'node:stream'
import { type CommandHost, runToEnd } from '@ticklake/runtime/process.ts'
import type { Ran } from './catalog-commands.ts'
import { type LogLine, LogLines } from './log-lines.ts'
import type { RunningService } from './service.ts'

type Env = Readonly<Record<string, string>>
type CommandLine = (args: readonly string[], host: CommandHost, signal: AbortSignal) => Promise<void>

const programs = {
  catalog: () => import('../../catalog/cli/commands.ts'),
  consumer: () => import('../../consumer/cli/commands.ts'),
  infra: () => import('../../infra/cli/commands.ts'),
  producer: () => import('../../producer/cli/commands.ts'),
} satisfies Record<string, () => Promise<{ commandLine: CommandLine }>>

type Program = keyof typeof programs

export const isProgram = (name: string): name is Program => name in programs

/** Runs `catalog <args>` to its end. */
export const catalog = (env: Env, ...args: string[]): Promise<Ran> => runHere(env, 'catalog', ...args)

/** Runs `consumer dlq <args>` to its end. */
export const dlq = (env: Env, ...args: string[]): Promise<Ran> => runHere(env, 'consumer', 'dlq', ...args)

/** Runs `node <program>/main.ts <args>` to its end. */
export async function runHere(env: Env, program: Program, ...args: string[]): Promise<Ran> {
  const service = new ServiceHere(env, program, args)
  const code = await service.ended()
  return { code, stdout: service.stdout, stderr: service.stderr }
}

/** Starts `node <program>/main.ts <args>` in this process. */
export class ServiceHere implements RunningService, AsyncDisposable {
  readonly #stdout = new Text()
  readonly #stderr = new Text((chunk) => this.#log.add(chunk))
  readonly #log = new LogLines(() => this.hasEnded)
  readonly #stopping = new AbortController()
  readonly #ended: Promise<number>
  #hasEnded = false

  /** @param input the text on its standard input */
  constructor(env: Env, program: Program, args: readonly string[], input = '') {
    requireOwnSettings(env)
    const host: CommandHost = {
      env,
      stdin: Readable.from(Buffer.from(input)),
      stdout: this.#stdout,
      stderr: this.#stderr,
    }
    this.#ended = runToEnd(host, async () => {
      const { commandLine } = await programs[program]()
      await commandLine(args, host, this.#stopping.signal)
    }).then(() => {
      this.#hasEnded = true
      this.#log.notify()
      return Number(host.exitCode ?? 0)
    })
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  get stdout(): string {
    return this.#stdout.text()
  }

  get stderr(): string {
    return this.#stderr.text()
  }

  logged(message: string, withinMs?: number): Promise<LogLine> {
    return this.#log.logged(message, withinMs)
  }

  nextLogged(message: string, withinMs: number): Promise<void> {
    return this.#log.nextLogged(message, withinMs)
  }

  /** Aborts its signal, as SIGTERM does, and waits for its end. */
  stop(): Promise<number> {
    this.#stopping.abort('SIGTERM')
    return this.#ended
  }

  ended(): Promise<number> {
    return this.#ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

/** Settings for a command, plus what it needs from this process: its time zone and AWS settings. */
export function inThisProcess(settings: Env): Env {
  const own = Object.entries(process.env).filter(([name]) => /^(AWS_.*|TZ)$/.test(name))
  return { ...(Object.fromEntries(own) as Env), ...settings }
}

/** @throws Error for variables that only a new process would read: those of Node.js and the AWS SDK */
function requireOwnSettings(env: Env): void {
  const ofTheSdk = Object.keys({ ...process.env, ...env }).filter((name) => name.startsWith('AWS_'))
  const names = [...ofTheSdk, 'TZ', ...('NODE_OPTIONS' in env ? ['NODE_OPTIONS'] : [])]
  const other = names.find((name) => env[name] !== process.env[name])
  if (other === undefined) return
  throw new Error(`the command would use this process's ${other}, not the one it is given: start a process`)
}

class Text extends Writable {
  readonly #chunks: Buffer[] = []
  readonly #onChunk: (text: string) => void

  constructor(onChunk: (text: string) => void = () => {}) {
    super()
    this.#onChunk = onChunk
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk)
    this.#onChunk(chunk.toString())
    done()
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString()
  }
}
