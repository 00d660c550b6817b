// One check for both services: it limits its own work, and supports every shape and pattern of the models.
import { describe, expect, test } from 'vitest'
import { athenaModel } from '../athena/api/request.ts'
import { glueModel } from '../glue/api/request.ts'
import { AwsError } from '../http/aws-error.ts'
import { requestCheck } from './check.ts'
import type { RequestModel, Shape } from './model.ts'
import { patternTest } from './pattern.ts'

const shapes: Record<string, Shape> = {
  Input: {
    type: 'structure',
    members: { Ids: 'Ids', Parts: 'Parts', Notes: 'Notes', Size: 'Size' },
    required: [],
  },
  Ids: { type: 'list', member: 'Id', max: 50 },
  Id: { type: 'string', min: 1, pattern: '\\S+' },
  Parts: { type: 'list', member: 'Part' },
  Part: { type: 'structure', members: { Id: 'Id', Size: 'Size' }, required: ['Id'] },
  Notes: { type: 'map', key: 'Id', value: 'Part' },
  Size: { type: 'long', min: 0 },
}
const checked = (body: unknown, passesUnknownMembers = false) =>
  requestCheck(
    { operations: { Ask: 'Input' }, shapes },
    {
      invalid: (message) => new AwsError('Invalid', message),
      wrongType: (found, wanted) => new AwsError('WrongType', `${found}, ${wanted}`),
      passesUnknownMembers,
    },
  )('Ask', body)

describe('a request with a hundred thousand mistakes', () => {
  test.each([
    ['texts', { Ids: Array(100_000).fill('') }, /^2 validation errors/],
    ['structures', { Parts: Array(100_000).fill({}) }, /^1000 validation errors/],
    [
      'entries of a map',
      { Notes: Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, {}])) },
      /^1000 validation errors/,
    ],
    ['a long key', { Notes: { ['k'.repeat(100_000)]: {} } }, /^1 validation error/],
    ['a long text', { Parts: [{ Id: ' '.repeat(1_000_000) }] }, /^1 validation error/],
  ])('is refused in a short message: %s', (_case, body, message) => {
    let error: unknown
    try {
      checked(body)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ type: 'Invalid', message: expect.stringMatching(message) })
    expect((error as Error).message.length).toBeLessThan(10_000)
  })
})

test('a list without mistakes is read to its end', () => {
  const Parts = Array.from({ length: 5_000 }, (_, i) => ({ Id: `id${i}` }))
  expect(checked({ Parts })).toEqual({ Parts })
})

test('nulls are absent, and members that no shape has are kept or dropped at every depth', () => {
  const body = { Ids: null, Parts: [{ Id: 'a', Size: null, Other: { b: null } }], Other: 1 }
  expect(checked(body)).toEqual({ Parts: [{ Id: 'a' }] })
  expect(checked(body, true)).toEqual({ Parts: [{ Id: 'a', Other: {} }], Other: 1 })
})

test('names of the prototype are members like any other', () => {
  const body = JSON.parse('{"__proto__":{"Ids":[1]},"constructor":1,"Notes":{"__proto__":{"Id":"a"}}}')
  expect(Object.keys(checked(body))).toEqual(['Notes'])
  expect(Object.keys(checked(body, true)).sort()).toEqual(['Notes', '__proto__', 'constructor'])
  const notes = (checked(body) as { Notes: object }).Notes
  expect(Object.keys(notes)).toEqual(['__proto__'])
  expect(Object.getPrototypeOf(notes)).toBe(Object.prototype)
})

test.each([
  [[], 'START_ARRAY, a Structure'],
  [{ Size: 1.5 }, 'Size, a Long'],
  [{ Size: 1e300 }, 'Size, a Long'],
  [{ Ids: [null] }, 'VALUE_NULL, a String'],
  [{ Notes: [] }, 'START_ARRAY, a Structure'],
])('%j has the wrong type', (body, message) => {
  expect(() => checked(body)).toThrow(message)
})

test('integers of 64 bits that were read exactly are numbers', () => {
  expect(checked({ Size: 2n ** 62n + 1n })).toEqual({ Size: 2n ** 62n + 1n })
})

describe.each<[string, RequestModel]>([
  ['Athena', athenaModel],
  ['Glue', glueModel],
])('the model of %s', (_service, model) => {
  test('has every shape that it refers to', () => {
    const inputs = Object.values(model.operations).filter((name) => name !== '')
    const refs = Object.values(model.shapes).flatMap(({ members, member, key, value, required = [] }) => {
      expect(Object.keys(members ?? {})).toEqual(expect.arrayContaining([...required]))
      return [...Object.values(members ?? {}), member, key, value].filter((name) => name !== undefined)
    })
    expect(Object.keys(model.shapes)).toEqual(expect.arrayContaining([...inputs, ...refs]))
  })

  test('has patterns that can be run', () => {
    for (const { pattern } of Object.values(model.shapes))
      if (pattern !== undefined) expect(() => patternTest(pattern)).not.toThrow()
  })
})
