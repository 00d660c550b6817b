// What checks a request against its shape does not do the work of a million mistakes.
import { expect, test } from 'vitest'
import { AwsError } from '../../http/aws-error.ts'
import { checked, list, type Shape, structure, text } from './shape.ts'

test('of a list of wrong items only as many are checked as can be reported', () => {
  let checks = 0
  const id = text({ min: 1, pattern: /^\S+$/ })
  const counted: Shape<string> = {
    read(value, path, broken) {
      checks++
      return id.read(value, path, broken)
    },
  }
  const ids = { Ids: Array(100_000).fill('') }
  expect(() => checked(structure({ Ids: list(counted, { max: 50 }) }), ids)).toThrow(AwsError)
  expect(checks).toBeLessThanOrEqual(1_000)
})

test('a list without mistakes is read to its end', () => {
  const ids = Array.from({ length: 5_000 }, (_, i) => `id${i}`)
  expect(checked(list(text({ min: 1 })), ids)).toEqual(ids)
})
