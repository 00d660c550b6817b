// Moves rows from a source to the topic at a pace, until the source ends, enough were sent, or a signal says stop.
import { sleep } from '@ticklake/runtime/process.ts'
import type { TopicWriter } from './kafka.ts'
import type { Message } from './message.ts'
import type { Pace } from './pace.ts'

export interface Stream {
  readonly batches: AsyncIterable<readonly Message[]>
  readonly writer: Pick<TopicWriter, 'write' | 'drained'>
  readonly pace: Pace
  /** 0 is no limit */
  readonly mostRows: number
  readonly signal: AbortSignal
}

/**
 * Every row of a batch goes in order, none is left out; returns when no more are to be sent, not yet acknowledged.
 * @throws Failure from the source or the writer
 */
export async function sendAll({ batches, writer, pace, mostRows, signal }: Stream): Promise<void> {
  let left = mostRows === 0 ? Number.POSITIVE_INFINITY : mostRows
  for await (const batch of batches) {
    const count = Math.min(batch.length, left)
    let sent = 0
    while (sent < count) {
      if (signal.aborted) return
      const allowed = pace.take(count - sent)
      if (allowed === 0) {
        await sleep(Math.ceil(pace.waitMs()), signal)
        continue
      }
      for (const end = sent + allowed; sent < end; ) {
        if (writer.write(batch[sent]!)) sent++
        else {
          await writer.drained()
          if (signal.aborted) return
        }
      }
      await writer.drained()
    }
    left -= count
    if (left === 0 || signal.aborted) return
  }
}
