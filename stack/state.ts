// The file that names a running stack, so that other commands find it: .local/stack.json.
import { spawnSync } from 'node:child_process'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { StackEnv } from './environment.ts'
import type { Ports } from './ports.ts'

export interface StackState {
  /** The command that runs it: `make stack` or `make demo`. */
  readonly command: string
  readonly pid: number
  readonly startedAt: string
  readonly env: StackEnv
  /** Absent in the file of an older release. */
  readonly ports?: Ports
  /** LAKE_*, KAFKA_TOPIC and the like of a running demo, so that a query in another shell uses the same table. */
  readonly settings: Readonly<Record<string, string>>
  readonly logDir: string
  /** For tests of the servers behind local-aws. */
  readonly secretFile?: string
}

/** Written in one step: a reader sees the old or the new file, never a part. */
export function writeState(path: string, state: StackState): void {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(state, null, 2)}\n`)
  renameSync(draft, path)
}

export function removeState(path: string): void {
  rmSync(path, { force: true })
}

/** The stack that the file names, if its process runs and its AWS endpoint answers. */
export async function runningStack(path: string): Promise<StackState | undefined> {
  const state = readState(path)
  if (!state || !isAlive(state.pid)) return undefined
  return (await answers(state)) ? state : undefined
}

/** The file's content, whether or not the stack still runs. */
export function readState(path: string): StackState | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as StackState
  } catch {
    return undefined
  }
}

/** Whether the process with this id is a stack: after a crash the id may belong to another process. */
export function isStack(pid: number): boolean {
  const ps = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' })
  return ps.stdout.includes('stack/main.ts')
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function answers(state: StackState): Promise<boolean> {
  try {
    const answer = await fetch(`${state.env.AWS_ENDPOINT_URL}/_ticklake/health`, {
      signal: AbortSignal.timeout(5_000),
    })
    return answer.ok
  } catch {
    return false
  }
}
