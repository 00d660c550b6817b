// What a process and its children have used so far, from /proc.
import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts a process's time in hundredths of a second. */
const TICKS_A_SECOND = 100

export interface Usage {
  readonly cpuSeconds: number
  /** The sum of each process's peak. */
  readonly peakMiB: number
  readonly residentMiB: number
}

/** The usage of the processes and of all their descendants that still run. */
export function usageOf(pids: readonly number[]): Usage {
  let cpuSeconds = 0
  let peakMiB = 0
  let residentMiB = 0
  for (const pid of pids.flatMap(tree)) {
    try {
      const fields = afterName(readFileSync(`/proc/${pid}/stat`, 'utf8'))
      cpuSeconds += (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      peakMiB += kibOf(status, 'VmHWM') / 1024
      residentMiB += kibOf(status, 'VmRSS') / 1024
    } catch {
      // It has ended in the meantime.
    }
  }
  return { cpuSeconds, peakMiB, residentMiB }
}

function tree(pid: number): number[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    )
    return [pid, ...children.flatMap(tree)]
  } catch {
    return []
  }
}

/** The fields after the name, which may contain spaces. */
function afterName(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function kibOf(status: string, name: string): number {
  const line = status.split('\n').find((each) => each.startsWith(`${name}:`))
  return Number(
    line
      ?.slice(name.length + 1)
      .trim()
      .split(' ')[0] ?? 0,
  )
}
