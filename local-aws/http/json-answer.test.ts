import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonPieces } from './json-answer.ts'

async function piecesOf(answer: object): Promise<string[]> {
  const pieces: string[] = []
  for await (const piece of jsonPieces(answer)) pieces.push(String(piece))
  return pieces
}

test('the pieces together are the JSON of the answer', async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async (answer) => {
      expect((await piecesOf(answer)).join('')).toBe(JSON.stringify(answer))
    }),
  )
})

test('a member without a value is left out, as JSON.stringify leaves it out', async () => {
  expect(await piecesOf({ a: undefined, b: [{ c: undefined }], d: {} })).toEqual(['{"b":[{}],"d":{}}'])
})

test('items of a lazy list are made as they are written, a few at a time', async () => {
  let made = 0
  function* items() {
    for (; made < 20; made++) yield 'x'.repeat(70_000)
  }
  const counts: number[] = []
  for await (const _ of jsonPieces({ Items: items, Made: () => [made] })) counts.push(made)
  expect(counts.length).toBeGreaterThanOrEqual(20)
  expect(counts[0]).toBe(0)
  expect(JSON.parse((await piecesOf({ Items: () => [1], Made: () => [made] })).join(''))).toEqual({
    Items: [1],
    Made: [20],
  })
})
