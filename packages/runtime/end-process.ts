// Ends a process even if threads of a native library do not: process.exit() joins them first, and may wait forever.
import { existsSync } from 'node:fs'

const shell = '/bin/sh'

/**
 * Ends the process now, with this status, whatever its native threads do. No exit handler runs. The kernel ends all
 * threads of a process that executes another program, so this executes one that only exits.
 */
export function endProcess(status: number): void {
  // Without a shell, as in some containers, Node takes a moment longer.
  if (existsSync(shell)) process.execve?.(shell, [shell, '-c', `exit ${status}`], {})
  process.execve?.(process.execPath, [process.execPath, '--eval', `process.exitCode = ${status}`], {})
}
