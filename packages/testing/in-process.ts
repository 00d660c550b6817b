// For stack tests: commands that run in the test's own process, as starting one takes longer than most commands.
// What is about the process itself (signals, pipes, a start) or about other AWS settings needs `catalog-commands.ts`.
import { Readable, Writable } from 'node:stream'
import { type CommandHost, runToEnd } from '@ticklake/runtime/process.ts'
import type { Ran } from './catalog-commands.ts'

type Env = Readonly<Record<string, string>>

/** `catalog <args>`, to its end. A command line that yargs refuses would end the process: only a process shows that. */
export async function catalog(env: Env, ...args: string[]): Promise<Ran> {
  const { commandLine } = await import('../../catalog/cli/commands.ts')
  return await captured(env, async (host) => void (await commandLine(args, host).parseAsync()))
}

/** `consumer dlq <args>`, to its end. */
export async function dlq(env: Env, ...args: string[]): Promise<Ran> {
  const { commandLine } = await import('../../consumer/cli.ts')
  const { signal } = new AbortController()
  return await captured(env, (host) => runToEnd(host, () => commandLine(['dlq', ...args], host, signal)))
}

async function captured(env: Env, command: (host: CommandHost) => Promise<void>): Promise<Ran> {
  requireOwnSettings(env)
  const [stdout, stderr] = [new Text(), new Text()]
  const host: CommandHost = { env, stdin: Readable.from([]), stdout, stderr }
  await command(host)
  return { code: Number(host.exitCode ?? 0), stdout: stdout.text(), stderr: stderr.text() }
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
