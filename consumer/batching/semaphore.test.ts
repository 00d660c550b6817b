import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { LetGo } from '../retry.ts'
import { turns } from './semaphore.ts'

const patient = new AbortController().signal

/** Work that ends when it is told to, and a list of what has begun. */
function scene(places: number) {
  const inTurn = turns(places)
  const begun: string[] = []
  const start = (name: string, signal = patient) => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const done = inTurn(() => {
      begun.push(name)
      return promise
    }, signal)
    return { done, end: () => resolve(name) }
  }
  return { begun, start }
}

test('no more run at the same time than there are places, and each gets its turn', async () => {
  const { begun, start } = scene(2)
  const all = ['a', 'b', 'c', 'd'].map((name) => start(name))
  await nextTurn()
  expect(begun).toEqual(['a', 'b'])
  all[1]!.end()
  await all[1]!.done
  await nextTurn()
  expect(begun).toEqual(['a', 'b', 'c'])
  for (const { end } of all) end()
  expect(await Promise.all(all.map(({ done }) => done))).toEqual(['a', 'b', 'c', 'd'])
})

test('whoever lets go does not wait for its turn, and takes no place', async () => {
  const { begun, start } = scene(1)
  const letGo = new AbortController()
  const first = start('first')
  const leaving = start('leaving', letGo.signal)
  const last = start('last')
  letGo.abort()
  await expect(leaving.done).rejects.toThrow(LetGo)
  await expect(start('late', letGo.signal).done).rejects.toThrow(LetGo)
  first.end()
  last.end()
  await Promise.all([first.done, last.done])
  expect(begun).toEqual(['first', 'last'])
  const again = start('again')
  again.end()
  expect(await again.done).toBe('again')
})
