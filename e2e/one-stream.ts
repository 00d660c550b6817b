// Test files with containers run two at a time, but only one of them may run a whole stream: two would need more
// memory than a small machine has.
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** The process that listens on it has the stream; the machine frees it when that process ends, however it ends. */
const LOCK_PORT = 21_917
const RETRY_MS = 1_000

let held: Promise<void> | undefined

/** Waits until no other test file has a stream, then holds it until this process ends. */
export function onlyStream(): Promise<void> {
  held ??= acquire()
  return held
}

async function acquire(): Promise<void> {
  while (!(await listens())) await sleep(RETRY_MS)
}

function listens(): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    )
    server.listen(LOCK_PORT, '127.0.0.1', () => resolve(true))
    server.unref()
  })
}
