// Which of many rejected records the dashboard shows, and how it shows a broken file.

import { lakeConfig } from '@ticklake/aws/config.ts'
import type { Bucket } from '@ticklake/aws/s3.ts'
import { deadKey } from '@ticklake/contract/keys.ts'
import { expect, test } from 'vitest'
import { readDeadLetters } from './lake-ledger.ts'

const lake = lakeConfig({})
const topicId = 'a'.repeat(32)

const line = (partition: number, offset: number, timestampMs: number) =>
  JSON.stringify({
    topic: 'ticks',
    partition,
    offset,
    timestampMs,
    reason: 'not_json',
    detail: '',
    key: null,
    value: Buffer.from('x').toString('base64'),
  })

/** A bucket with these dead files, which records which are read, and how many at once. */
function bucketOf(files: { partition: number; S: number; lines: string[] }[]) {
  const texts = new Map(
    files.map(({ partition, S, lines }) => [
      deadKey(lake, { topicId, partition, S, E: S + lines.length }),
      `${lines.join('\n')}\n`,
    ]),
  )
  const read: string[] = []
  const reading = { now: 0, most: 0 }
  const bucket = {
    async *list() {
      for (const key of [...texts.keys()].sort()) yield { key, size: 1, etag: '' }
    },
    async text(key: string) {
      read.push(key)
      reading.most = Math.max(reading.most, ++reading.now)
      await new Promise(setImmediate)
      reading.now--
      return { text: texts.get(key)!, ageMs: 0 }
    },
  }
  return { bucket: bucket as unknown as Bucket, read, reading }
}

test('one broken line hides no other, and is reported with its file and line', async () => {
  const { bucket } = bucketOf([
    { partition: 0, S: 5, lines: [line(0, 5, 1), '{"topic":', 'null', line(0, 8, 2)] },
  ])
  const { letters, problems, byReason } = await readDeadLetters(bucket, lake)
  expect(letters.map(({ offset }) => offset)).toEqual([8, 5])
  expect(byReason).toEqual({ not_json: 2 })
  expect(problems).toEqual([
    {
      code: 'DEAD_FILE_UNREADABLE',
      what: expect.stringMatching(/^2 of the 4 lines of .*\.jsonl cannot be read; all others are shown$/),
      why: expect.stringMatching(/^line 2: .*JSON/),
      remedy: expect.stringContaining('version of the bucket'),
    },
  ])
})

test('the newest of each partition are shown, even if another one’s offsets are far higher', async () => {
  const old = Array.from({ length: 60 }, (_, i) => ({
    partition: 0,
    S: 1_000_000 + i * 10,
    lines: Array.from({ length: 10 }, (_, n) => line(0, 1_000_000 + i * 10 + n, i)),
  }))
  const { bucket, read, reading } = bucketOf([...old, { partition: 1, S: 0, lines: [line(1, 0, 999)] }])
  const { letters, files, truncated } = await readDeadLetters(bucket, lake)
  expect(letters[0]).toMatchObject({ partition: 1, offset: 0, timestampMs: 999 })
  expect([files, read.length, truncated]).toEqual([61, 40, true])
  expect(reading.most).toBe(1)
})

test('once there are enough dead letters, no more files are read', async () => {
  const lines = Array.from({ length: 400 }, (_, n) => line(0, n, n))
  const { bucket, read } = bucketOf([0, 400, 800, 1200].map((S) => ({ partition: 0, S, lines })))
  const { letters, byReason, truncated } = await readDeadLetters(bucket, lake)
  expect([read.length, letters.length, byReason.not_json, truncated]).toEqual([2, 500, 800, true])
  expect(letters[0]!.timestampMs).toBe(399)
})
