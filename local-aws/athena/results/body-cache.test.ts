// Which results stay in memory, and for how long.
import { expect, test } from 'vitest'
import { makeBodyCache } from './body-cache.ts'

const mebibyte = 1024 * 1024

test('results are kept up to 16 MB, the newest of them', () => {
  const bodies = makeBodyCache()
  for (const id of ['a', 'b', 'c']) bodies.add(id, Buffer.alloc(8 * mebibyte))
  expect(['a', 'b', 'c'].map((id) => bodies.get(id)?.length)).toEqual([undefined, 8 * mebibyte, 8 * mebibyte])
})

test('a large result stays until its last page was read, a small one longer', () => {
  const bodies = makeBodyCache()
  bodies.add('large', Buffer.alloc(mebibyte))
  bodies.add('small', Buffer.alloc(1))
  for (const id of ['large', 'small']) bodies.wasRead(id)
  expect([bodies.get('large'), bodies.get('small')?.length]).toEqual([undefined, 1])
})
