// The merging thread: `catalog serve` keeps answering meanwhile.
import { parentPort } from 'node:worker_threads'
import { type MergeJob, mergeObjects } from './merge.ts'

export type MergeAnswer = { readonly bytes: Uint8Array } | { readonly failed: string }

parentPort!.on('message', async (job: MergeJob) => {
  const answer: MergeAnswer = await mergeObjects(job).then(
    (bytes) => ({ bytes: new Uint8Array(bytes) }),
    (error) => ({ failed: error instanceof Error ? error.message : String(error) }),
  )
  parentPort!.postMessage(answer)
})
