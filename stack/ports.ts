// Ports on loopback: free ones for tests, and which process has one that a user expects to be free.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'

export const loopback = '127.0.0.1'

/** One port for each server of the stack. */
export interface Ports {
  readonly kafka: number
  readonly kafkaController: number
  readonly aws: number
  readonly miniStack: number
  readonly trino: number
}

/** Kafka and AWS where their users expect them, the rest beside them. */
export const defaultPorts: Ports = {
  kafka: 9092,
  kafkaController: 9093,
  aws: 4566,
  miniStack: 4567,
  trino: 4568,
}

/** This many ports of loopback that nothing listens on now, all different. */
export async function freePortNumbers(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)))
  const numbers = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map(close))
  return numbers
}

/** Ports for a stack that nothing listens on now, all different. */
export async function freePorts(): Promise<Ports> {
  const [kafka, kafkaController, aws, miniStack, trino] = await freePortNumbers(5)
  return { kafka: kafka!, kafkaController: kafkaController!, aws: aws!, miniStack: miniStack!, trino: trino! }
}

/** @throws Failure PORT_TAKEN that names each port which is taken, and by which process */
export async function requireFree(ports: Readonly<Record<string, number>> | Ports): Promise<void> {
  const taken: string[] = []
  for (const [name, port] of Object.entries(ports)) {
    try {
      await close(await listen(port))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
      taken.push(`port ${port} (for ${name}) is held by ${holderOf(port)}`)
    }
  }
  if (taken.length === 0) return
  throw new Failure({
    code: 'PORT_TAKEN',
    what: 'a port that the stack needs is taken; nothing was started',
    why: taken.join('\n       '),
    remedy: 'stop that process (make stack-down ends a stack of ours), then try again',
  })
}

/** Describes the process that listens on a port. */
export function holderOf(port: number): string {
  try {
    const pid = process.platform === 'linux' ? pidFromProc(port) : pidFromLsof(port)
    if (pid === undefined) return 'a process of another user'
    return `pid ${pid}: ${commandOf(pid)}`
  } catch (error) {
    return `a process that cannot be named (${reasonOf(error)})`
  }
}

function commandOf(pid: number): string {
  const command = execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  return command.length > 120 ? `${command.slice(0, 119)}…` : command
}

/** Linux: the socket's inode from /proc/net/tcp, then the process that has it open. */
function pidFromProc(port: number): number | undefined {
  const inodes = new Set<string>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readLines(table)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
      const listening = '0A'
      if (state === listening && Number.parseInt(local!.split(':')[1]!, 16) === port) inodes.add(inode!)
    }
  }
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const socket of openFiles(pid)) {
      if (inodes.has(/^socket:\[(\d+)\]$/.exec(socket)?.[1] ?? '')) return Number(pid)
    }
  }
  return undefined
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').trim().split('\n').slice(1)
  } catch {
    return []
  }
}

/** The targets of a process's file descriptors; empty if we may not read them, or the process is gone. */
function openFiles(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)]
      } catch {
        return []
      }
    })
  } catch {
    return []
  }
}

function pidFromLsof(port: number): number | undefined {
  const out = execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'], { encoding: 'utf8' })
  return out.trim() === '' ? undefined : Number(out.trim().split('\n')[0])
}

function listen(port: number): Promise<Server> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, loopback, () => resolve(server))
  })
}

function close(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve))
}
