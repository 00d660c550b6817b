// Runs another program to its end.
import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { Failure } from '@ticklake/runtime/errors.ts'

export interface RunOptions {
  readonly signal: AbortSignal
  readonly cwd?: string
  /** The whole environment; by default this process's. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The file that its output is appended to; by default its standard error goes into the error. */
  readonly logFile?: string
  /** Whether any exit status is accepted: a test run that found failures has done its work. */
  readonly anyStatus?: boolean
}

/** @throws Failure CLIENT_FAILED with the end of the program's output */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<void> {
  const log = options.logFile === undefined ? undefined : openSync(options.logFile, 'a')
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env as NodeJS.ProcessEnv | undefined,
    signal: options.signal,
    stdio: ['ignore', log ?? 'ignore', log ?? 'pipe'],
  })
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk).slice(-2000)
  })
  const status = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, by) => resolve(code ?? by ?? 'unknown'))
  })
  if (status === 0 || (options.anyStatus && typeof status === 'number')) return
  throw new Failure({
    code: 'CLIENT_FAILED',
    what: `${command} ${args.slice(0, 3).join(' ')} ended with ${status}`,
    ...(said.trim() && { why: said.trim() }),
    remedy: options.logFile ? `read ${options.logFile}` : 'run the same command again',
  })
}
