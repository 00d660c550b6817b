// How much of the definitions is read for one page of a list.
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openDefinitions } from './definitions.ts'

test('a page of long definitions has fewer of them, and all pages have all', () => {
  using db = new DatabaseSync(':memory:')
  const stored = openDefinitions<{ name: string; text: string }>(db, 'named query')
  const names = Array.from({ length: 20 }, (_, i) => `n${i}`)
  for (const name of names) stored.add('primary', name, { name, text: 'x'.repeat(300_000) })
  const found: string[] = []
  let pages = 0
  for (let NextToken: string | undefined; ; ) {
    const { items, next } = stored.page('primary', NextToken === undefined ? {} : { NextToken })
    expect(items.length).toBeGreaterThan(0)
    expect(items.length).toBeLessThan(6)
    found.push(...items.map(({ name }) => name))
    pages++
    NextToken = next.NextToken
    if (NextToken === undefined) break
  }
  expect(found).toEqual(names)
  expect(pages).toBe(5)
})

test('a page of short ones has fifty, and the last one no token', () => {
  using db = new DatabaseSync(':memory:')
  const stored = openDefinitions<object>(db, 'named query')
  for (let i = 0; i < 100; i++) stored.add('primary', `n${i}`, {})
  const first = stored.page('primary', {})
  expect(first.items).toHaveLength(50)
  const second = stored.page('primary', first.next)
  expect([second.items.length, second.next]).toEqual([50, {}])
})
