// Which TCP ports the processes below one process listen on (Linux), so that no server of a stack is forgotten.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/**
 * Ports of `root` and all its descendants.
 * @param isLeftOut by a process's command line: that process and its descendants do not count
 */
export function portsBelow(root: number, isLeftOut: (command: string) => boolean): number[] {
  const leftOut = below(root).filter((pid) => pid !== root && isLeftOut(read(`/proc/${pid}/cmdline`)))
  const others = new Set(leftOut.flatMap(below))
  const portOf = listeningSockets()
  const ports = below(root)
    .filter((pid) => !others.has(pid))
    .flatMap(socketsOf)
    .flatMap((inode) => portOf.get(inode) ?? [])
  return [...new Set(ports)].sort((a, b) => a - b)
}

/** `root` and all its descendants. */
function below(root: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const status = read(`/proc/${name}/status`)
    parents.set(Number(name), Number(/^PPid:\t(\d+)/m.exec(status)?.[1] ?? 0))
  }
  const isBelow = (pid: number): boolean => pid === root || (pid > 1 && isBelow(parents.get(pid) ?? 0))
  return [...parents.keys()].filter(isBelow)
}

function listeningSockets(): Map<string, number> {
  const portOf = new Map<string, number>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of read(table).trim().split('\n').slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
      const listening = '0A'
      if (state === listening) portOf.set(inode!, Number.parseInt(local!.split(':')[1]!, 16))
    }
  }
  return portOf
}

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
      } catch {
        return []
      }
    })
  } catch {
    return []
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
