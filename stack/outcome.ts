// For tests: a command that is run to its end, whatever that is.
import type { ChildProcess } from 'node:child_process'

export interface Ended {
  /** -1 where a signal ended it. */
  readonly status: number
  /** Standard output and standard error, as they came. */
  readonly output: string
}

/** What a process wrote, once it has ended; `input` is told to it. Rejects when it could not be started. */
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
    // One that ends before it has read all is no error: its status tells.
    child.stdin?.on('error', () => {}).end(input)
  })
}
