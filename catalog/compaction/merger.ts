// Merges off the main thread, one job after the other.
import { Worker } from 'node:worker_threads'
import type { MergeJob } from './merge.ts'
import type { MergeAnswer } from './merge-worker.ts'

export interface Merger extends AsyncDisposable {
  /** @throws Error with the sentence that says which object is not as its claims say */
  merge(job: MergeJob): Promise<Uint8Array>
}

/** Starts the thread. */
export function startMerger(): Merger {
  const worker = new Worker(new URL('./merge-worker.ts', import.meta.url))
  worker.unref()
  return {
    merge(job) {
      return new Promise((resolve, reject) => {
        const answered = (answer: MergeAnswer) => {
          worker.off('error', reject)
          if ('bytes' in answer) resolve(answer.bytes)
          else reject(new Error(answer.failed))
        }
        worker.once('message', answered).once('error', reject)
        worker.ref()
        worker.postMessage(job)
      })
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}
