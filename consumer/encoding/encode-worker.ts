// The encoding thread: takes blocks of rows, and returns one file per UTC hour, hours in order.
import { parentPort } from 'node:worker_threads'
import { type ChosenRows, type FrozenRows, frozenRows } from '../batching/slab.ts'
import type { EncodeAnswer, EncodeJob } from './encoder.ts'
import { encodeJsonl } from './json-rows.ts'
import { encodeParquet } from './parquet.ts'

const HOUR_MS = 3_600_000
const encoders = { parquet: encodeParquet, jsonl: encodeJsonl }

/** Jobs are answered in order. */
let last: Promise<void> = Promise.resolve()

parentPort!.on('message', (job: EncodeJob) => {
  last = last.then(async () => {
    try {
      const files: Uint8Array<ArrayBuffer>[] = []
      for (const chosen of rowsByHour(job.slabs.map(frozenRows))) {
        files.push(await encoders[job.format](chosen, job.origin))
      }
      const memory = job.slabs.map((slab) => slab.memory)
      answer({ files, memory }, [...files.map((file) => file.buffer), ...memory])
    } catch (error) {
      answer({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  })
})

function answer(message: EncodeAnswer, transfer: ArrayBuffer[] = []): void {
  parentPort!.postMessage(message, transfer)
}

/** The rows of each hour, block by block, hours in order. */
function rowsByHour(blocks: readonly FrozenRows[]): ChosenRows[][] {
  const byHour = new Map<number, ChosenRows[]>()
  for (const rows of blocks) {
    const indexes = new Map<number, number[]>()
    for (let row = 0; row < rows.count; row++) {
      const hour = Math.floor(rows.timestampsMs[row]! / HOUR_MS)
      const known = indexes.get(hour)
      if (known) known.push(row)
      else indexes.set(hour, [row])
    }
    for (const [hour, of] of indexes) {
      const chosen = { rows, indexes: Uint32Array.from(of) }
      const known = byHour.get(hour)
      if (known) known.push(chosen)
      else byHour.set(hour, [chosen])
    }
  }
  return [...byHour].sort(([a], [b]) => a - b).map(([, chosen]) => chosen)
}
