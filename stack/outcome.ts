// For tests: runs a command to its end, whatever its outcome.
import type { ChildProcess } from 'node:child_process'

export interface Ended {
  /** -1 if a signal ended it. */
  readonly status: number
  /** Standard output and standard error, interleaved as they came. */
  readonly output: string
}

/** The output of a process, once it has ended; `input` is written to it. Rejects when it could not be started. */
export function outcome(child: ChildProcess, input = ''): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let output = ''
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    child.once('error', reject)
    child.once('close', (status) => resolve({ status: status ?? -1, output }))
    // A process may end before it has read all input; its exit status says whether that is an error.
    child.stdin?.on('error', () => {}).end(input)
  })
}
