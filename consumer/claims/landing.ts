// Writes the objects of a claim, each once, under the keys that it names.
import type { Claim } from '@ticklake/contract/claim.ts'
import { deadKey, hourOf, recordKey } from '@ticklake/contract/keys.ts'
import type { RecordBuffer, RejectedRecord } from '../batching/record-buffer.ts'
import type { Limit } from '../batching/semaphore.ts'
import type { FrozenRows } from '../batching/slab.ts'
import { deadFile } from '../dead-letters/dead-letter.ts'
import type { Announcements } from '../dead-letters/pending-dead-letters.ts'
import type { Encoder } from '../encoding/encoder.ts'
import { jsonRow } from '../encoding/json-rows.ts'
import type { ConsumerEvents } from '../events.ts'
import { untilDone } from '../retry.ts'
import type { ObjectStore } from '../s3.ts'
import type { LandingTarget } from './claim-builder.ts'

/** What landing depends on. */
export interface LandingPort {
  readonly store: ObjectStore
  readonly encoder: Encoder
  readonly announcements: Pick<Announcements, 'announce' | 'defer' | 'assigned'>
  /** Limits how many claims are uploaded at once. */
  readonly uploadLimit: Limit
}

const contentTypes = {
  parquet: 'application/vnd.apache.parquet',
  jsonl: 'application/zstd',
  'json-object': 'application/json',
} as const

/** In the json-object format every record is an object; this many are written at once. */
const RECORDS_AT_ONCE = 16

/**
 * Writes the claim's data objects; existing ones are left unchanged.
 * @param onFreed called when the rows' memory is freed and only the encoded files are held
 */
export async function landFiles(
  landing: LandingPort,
  target: LandingTarget,
  claim: Claim,
  buffer: RecordBuffer,
  signal: AbortSignal,
  events: ConsumerEvents,
  onFreed: () => void,
): Promise<void> {
  if (buffer.rows === 0) return
  const put = (key: string, body: Uint8Array) =>
    untilDone('put_object', events, signal, async () => {
      const result = await landing.store.putIfAbsent(key, body, contentTypes[target.format], signal)
      events.objectWritten(body.length, result === 'stored')
    })
  await landing.uploadLimit(async () => {
    if (target.format === 'json-object') return landRecords(target, claim, buffer, put)
    const slabs = buffer.takeSlabs()
    const files = await landing.encoder.encode({ format: target.format, slabs, origin: claim })
    buffer.holdInstead(files.reduce((sum, file) => sum + file.length, 0))
    onFreed()
    await Promise.all(claim.files.map(({ key }, i) => put(key, files[i]!)))
  }, signal)
}

/** Writes the dead-letter file, unless it exists. */
export async function landDead(
  landing: LandingPort,
  target: LandingTarget,
  claim: Claim,
  rejected: readonly RejectedRecord[],
  signal: AbortSignal,
): Promise<void> {
  const key = deadKey(target.lake, claim)
  await landing.store.putIfAbsent(key, deadFile(claim, rejected), 'application/x-ndjson', signal)
}

async function landRecords(
  target: LandingTarget,
  claim: Claim,
  buffer: RecordBuffer,
  put: (key: string, body: Uint8Array) => Promise<void>,
): Promise<void> {
  const all = everyRow(buffer.rowBlocks())
  const lane = async () => {
    for (const { rows, row } of all) {
      const path = hourOf(rows.timestampsMs[row]!)
      await put(
        recordKey(target.lake, path, claim.topicId, claim.partition, rows.offsets[row]!),
        jsonRow(rows, row, claim),
      )
    }
  }
  await Promise.all(Array.from({ length: RECORDS_AT_ONCE }, lane))
}

function* everyRow(blocks: readonly FrozenRows[]): Generator<{ rows: FrozenRows; row: number }> {
  for (const rows of blocks) for (let row = 0; row < rows.count; row++) yield { rows, row }
}
