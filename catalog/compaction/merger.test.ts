import type { Worker } from 'node:worker_threads'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import type { MergeJob } from './merge.ts'
import { startMerger } from './merger.ts'

// A thread starts within seconds on a busy machine.
const PATIENCE = { timeout: 60_000 }
const topicId = 'a'.repeat(32)
const line = `{"kafka_topic_id":"${topicId}","kafka_partition":3,"kafka_offset":7}\n`

function job(rows = 1): MergeJob {
  const input = { key: 'k', bytes: zstdCompressSync(line), rows, topicId, partition: 3, S: 7, E: 8 }
  return { format: 'jsonl', inputs: [input] }
}

/** All threads started until the end of the test. */
function watchThreads(): Worker[] {
  const threads: Worker[] = []
  const see = (thread: Worker) => threads.push(thread)
  process.on('worker', see)
  onTestFinished(() => void process.off('worker', see))
  return threads
}

const textOf = (bytes: Uint8Array) => zstdDecompressSync(bytes).toString()

test('jobs are answered in order, a bad one with a sentence that says what is wrong', PATIENCE, async () => {
  await using merger = startMerger()
  const answers = await Promise.allSettled([merger.merge(job()), merger.merge(job(2)), merger.merge(job())])
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(String((answers[1] as PromiseRejectedResult).reason)).toBe(
    'Error: k has 1 rows, 1 of its claims, which have 2',
  )
})

test('a dead thread is not waited for: the next job gets a new one', PATIENCE, async () => {
  const threads = watchThreads()
  await using merger = startMerger()
  expect(textOf(await merger.merge(job()))).toBe(line)

  // Still running when the thread dies.
  const [input] = job().inputs
  const aborted = merger.merge({ format: 'jsonl', inputs: Array.from({ length: 20_000 }, () => input!) })
  const ended = threads[0]!.terminate()
  await expect(aborted).rejects.toMatchObject({ code: 'MERGER_FAILED', retryable: true })
  await ended
  expect(textOf(await merger.merge(job()))).toBe(line)

  // Dead before the job comes.
  await threads[1]!.terminate()
  expect(textOf(await merger.merge(job()))).toBe(line)
  expect(threads).toHaveLength(3)
})
