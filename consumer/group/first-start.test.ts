import { expect, test } from 'vitest'
import { requireWholeTopic } from './first-start.ts'

const facts = (isNew: boolean, ...lows: number[]) => ({
  isNew: async () => isNew,
  watermarks: async (partition: number) => ({ low: lows[partition]! }),
})

test('a new dataset of a topic whose oldest records are gone is refused, and the error names --from earliest', async () => {
  const started = requireWholeTopic(3, facts(true, 0, 60, 5))
  await expect(started).rejects.toMatchObject({
    code: 'RECORDS_LOST_TO_RETENTION',
    message: expect.stringMatching(/deleted 65 records.*nothing was written/),
    why: expect.stringContaining('partition 1 [0,60), partition 2 [0,5)'),
    remedy: expect.stringContaining('--from earliest'),
  })
})

test('a topic that has all its records, and a dataset that exists, start', async () => {
  await requireWholeTopic(2, facts(true, 0, 0))
  await requireWholeTopic(2, facts(false, 10, 10))
})
