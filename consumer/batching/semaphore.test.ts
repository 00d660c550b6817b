import { setImmediate as nextTick } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Aborted } from '../retry.ts'
import { semaphore } from './semaphore.ts'

const never = new AbortController().signal

/** Work that the test ends, and a list of what has started. */
function scene(permits: number) {
  const limit = semaphore(permits)
  const started: string[] = []
  const start = (name: string, signal = never) => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const done = limit(() => {
      started.push(name)
      return promise
    }, signal)
    return { done, end: () => resolve(name) }
  }
  return { started, start }
}

test('no more run at once than there are permits, and all run in the end', async () => {
  const { started, start } = scene(2)
  const all = ['a', 'b', 'c', 'd'].map((name) => start(name))
  await nextTick()
  expect(started).toEqual(['a', 'b'])
  all[1]!.end()
  await all[1]!.done
  await nextTick()
  expect(started).toEqual(['a', 'b', 'c'])
  for (const { end } of all) end()
  expect(await Promise.all(all.map(({ done }) => done))).toEqual(['a', 'b', 'c', 'd'])
})

test('aborted work stops waiting, and takes no permit', async () => {
  const { started, start } = scene(1)
  const aborting = new AbortController()
  const first = start('first')
  const leaving = start('leaving', aborting.signal)
  const last = start('last')
  aborting.abort()
  await expect(leaving.done).rejects.toThrow(Aborted)
  await expect(start('late', aborting.signal).done).rejects.toThrow(Aborted)
  first.end()
  last.end()
  await Promise.all([first.done, last.done])
  expect(started).toEqual(['first', 'last'])
  const again = start('again')
  again.end()
  expect(await again.done).toBe('again')
})
