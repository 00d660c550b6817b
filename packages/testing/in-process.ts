// For stack tests: commands that run in the test's own process, as starting one takes longer than most commands.
// What is about the process itself (signals, pipes, a start) or about other AWS settings needs `catalog-commands.ts`.
import { Readable, Writable } from 'node:stream'
import { type CommandHost, runToEnd } from '@ticklake/runtime/process.ts'
import type { Ran } from './catalog-commands.ts'

type Env = Readonly<Record<string, string>>
type CommandLine = (args: readonly string[], host: CommandHost, signal: AbortSignal) => Promise<void>

const services = {
  catalog: () => import('../../catalog/cli/commands.ts'),
  consumer: () => import('../../consumer/cli/commands.ts'),
  infra: () => import('../../infra/cli/commands.ts'),
  producer: () => import('../../producer/cli/commands.ts'),
} satisfies Record<string, () => Promise<{ commandLine: CommandLine }>>

type Service = keyof typeof services

export const isService = (name: string): name is Service => name in services

/** What `startHere` has started. */
export interface Running extends AsyncDisposable {
  readonly ended: Promise<Ran>
  /** What it has written so far. */
  stdout(): string
  stderr(): string
  /** Aborts its signal, as SIGTERM does, and waits for its end. */
  stop(): Promise<Ran>
}

/** `catalog <args>`, to its end. */
export const catalog = (env: Env, ...args: string[]): Promise<Ran> => runHere(env, 'catalog', ...args)

/** `consumer dlq <args>`, to its end. */
export const dlq = (env: Env, ...args: string[]): Promise<Ran> => runHere(env, 'consumer', 'dlq', ...args)

/** `node <service>/main.ts <args>`, to its end. */
export const runHere = (env: Env, service: Service, ...args: string[]): Promise<Ran> =>
  startHere(env, service, args).ended

/** `node <service>/main.ts <args>`, with this text on its standard input. */
export function startHere(env: Env, service: Service, args: readonly string[], input = ''): Running {
  requireOwnSettings(env)
  const [stdout, stderr] = [new Text(), new Text()]
  const host: CommandHost = { env, stdin: Readable.from(Buffer.from(input)), stdout, stderr }
  const stopping = new AbortController()
  const ended = runToEnd(host, async () => {
    const { commandLine } = await services[service]()
    await commandLine(args, host, stopping.signal)
  }).then(() => ({ code: Number(host.exitCode ?? 0), stdout: stdout.text(), stderr: stderr.text() }))
  const stop = () => {
    stopping.abort('SIGTERM')
    return ended
  }
  return {
    ended,
    stdout: () => stdout.text(),
    stderr: () => stderr.text(),
    stop,
    async [Symbol.asyncDispose]() {
      await stop()
    },
  }
}

/** Settings for a command, with what it needs of this process's: its time zone and AWS settings. */
export function inThisProcess(settings: Env): Env {
  const own = Object.entries(process.env).filter(([name]) => /^(AWS_.*|TZ)$/.test(name))
  return { ...(Object.fromEntries(own) as Env), ...settings }
}

/** @throws Error for variables that only a new process would read as the test gives them: Node's and the AWS SDK's */
function requireOwnSettings(env: Env): void {
  const ofTheSdk = Object.keys({ ...process.env, ...env }).filter((name) => name.startsWith('AWS_'))
  const names = [...ofTheSdk, 'TZ', ...('NODE_OPTIONS' in env ? ['NODE_OPTIONS'] : [])]
  const other = names.find((name) => env[name] !== process.env[name])
  if (other === undefined) return
  throw new Error(`the command would use this process's ${other}, not the one it is given: start a process`)
}

class Text extends Writable {
  readonly #chunks: Buffer[] = []

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk)
    done()
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString()
  }
}
