// Merges off the main thread, one job after the other.
import { Worker } from 'node:worker_threads'
import { Failure } from '@ticklake/runtime/errors.ts'
import type { MergeJob } from './merge.ts'
import type { MergeAnswer } from './merge-worker.ts'

export interface Merger extends AsyncDisposable {
  /**
   * @throws Error with a sentence that says which object differs from its claims; Failure MERGER_FAILED when the thread
   * died, which says nothing about the objects: the next job gets a new thread
   */
  merge(job: MergeJob): Promise<Uint8Array>
}

interface Thread extends Merger {
  readonly hasDied: boolean
}

/** Starts the thread, and a new one after it died. */
export function startMerger(): Merger {
  let thread = startThread()
  return {
    merge(job) {
      if (thread.hasDied) thread = startThread()
      return thread.merge(job)
    },
    [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
  }
}

function startThread(): Thread {
  const worker = new Worker(new URL('./merge-worker.ts', import.meta.url))
  worker.unref()
  const waiting: { resolve: (bytes: Uint8Array) => void; reject: (error: Error) => void }[] = []
  worker.on('message', (answer: MergeAnswer) => {
    const job = waiting.shift()!
    if (waiting.length === 0) worker.unref()
    if ('bytes' in answer) job.resolve(answer.bytes)
    else job.reject(new Error(answer.failed))
  })
  let hasDied = false
  const die = (why: string) => {
    hasDied = true
    // A thread that has ended answers nothing.
    for (const job of waiting.splice(0)) job.reject(mergerFailure(why))
  }
  worker.on('error', (error) => die(String(error)))
  worker.on('exit', (code) => die(`the merging thread ended with ${code}`))
  return {
    get hasDied() {
      return hasDied
    },
    merge(job) {
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
      worker.ref()
      worker.postMessage(job)
      waiting.push({ resolve, reject })
      return promise
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}

function mergerFailure(why: string): Failure {
  return new Failure({
    code: 'MERGER_FAILED',
    what: 'objects could not be merged; they stay unchanged, and the next compaction merges them',
    why,
    remedy:
      'compact again; if it fails again for memory, give the catalog more of it with NODE_OPTIONS=--max-old-space-size=MiB',
    retryable: true,
  })
}
