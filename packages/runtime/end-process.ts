// Ends a process although threads of a native library do not end: process.exit() joins them first, and so may wait for ever.
import { existsSync } from 'node:fs'

const shell = '/bin/sh'

/**
 * Ends the process now, with this status, whatever its native threads do. No exit handler runs. The kernel ends all
 * threads of a process that executes another program, so one that does nothing but exit takes its place.
 */
export function endProcess(status: number): void {
  // Where there is no shell, as in some containers, Node takes a moment longer.
  if (existsSync(shell)) process.execve?.(shell, [shell, '-c', `exit ${status}`], {})
  process.execve?.(process.execPath, [process.execPath, '--eval', `process.exitCode = ${status}`], {})
}
