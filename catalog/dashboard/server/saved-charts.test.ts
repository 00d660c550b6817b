// Saved charts: one object each, replaced by name, removed without a deletion.
import { expect, test } from 'vitest'
import { SavedCharts } from './saved-charts.ts'

function bucket(objects = new Map<string, string>()) {
  return {
    objects,
    async *list(prefix: string) {
      for (const key of [...objects.keys()].sort())
        if (key.startsWith(prefix)) yield { key, size: 1 } as never
    },
    text: async (key: string) => ({ text: objects.get(key)!, ageMs: 0 }),
    put: async (key: string, body: Uint8Array) => void objects.set(key, Buffer.from(body).toString()),
  }
}

const lake = { prefix: 'lake', dataset: 'ticks' }
const chart = {
  name: 'Closes of Hang Seng',
  sql: 'SELECT 1',
  options: { type: 'line', x: 'day', y: ['close'] },
} as const

test('a chart is saved below _control, found by all, replaced under its name, and removed by overwriting it', async () => {
  const it = bucket()
  const charts = new SavedCharts(it, lake)
  const { id } = await charts.save(chart)
  expect(id).toMatch(/^closes-of-hang-seng-[0-9a-f]{8}$/)
  expect([...it.objects.keys()]).toEqual([`lake/_control/ticks/charts/${id}.json`])
  await new SavedCharts(it, lake).save({ ...chart, sql: 'SELECT 2' })
  expect(await charts.list()).toMatchObject([{ id, sql: 'SELECT 2' }])
  await charts.remove(id)
  expect(await charts.list()).toEqual([])
  await expect(charts.remove(id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await charts.save(chart)
  expect(await charts.list()).toHaveLength(1)
})

test('an object that is not a chart is skipped, and only a hundred are saved', async () => {
  const it = bucket(
    new Map([
      ['lake/_control/ticks/charts/x.json', 'not json'],
      ['lake/_control/ticks/charts/y.json', '{"v":2}'],
    ]),
  )
  const charts = new SavedCharts(it, lake)
  expect(await charts.list()).toEqual([])
  for (let i = 0; i < 100; i++) await charts.save({ ...chart, name: `chart ${i}` })
  await expect(charts.save({ ...chart, name: 'one more' })).rejects.toMatchObject({ code: 'TOO_MANY_CHARTS' })
  await charts.save({ ...chart, name: 'chart 7' })
})
