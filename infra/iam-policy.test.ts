import { expect, test } from 'vitest'
import { allows, type Statement } from './iam-policy.ts'

const verdict = (statements: Statement[], resource = 'arn:aws:s3:::b/a/x', context = {}) =>
  allows([{ Version: '2012-10-17', Statement: statements }], {
    action: 's3:GetObject',
    resources: [resource],
    context,
  })
const allow = { Effect: 'Allow', Action: 's3:Get*', Resource: 'arn:aws:s3:::b/a/*' } as const

test('what nothing allows is refused', () => {
  expect(verdict([])).toBe(false)
  expect(verdict([allow], 'arn:aws:s3:::b/ab')).toBe(false)
})

test('what a statement allows is allowed, whatever the case of the action', () => {
  expect(verdict([{ ...allow, Action: ['S3:getobject'] }])).toBe(true)
})

test('a denial wins over every permission', () => {
  expect(verdict([allow, { Effect: 'Deny', Action: '*', Resource: '*' }])).toBe(false)
})

test('a condition on a key that the call does not carry does not hold', () => {
  const conditional = { ...allow, Condition: { StringLike: { 's3:prefix': 'a/*' } } }
  expect(verdict([conditional])).toBe(false)
  expect(verdict([conditional], undefined, { 's3:prefix': 'a/b' })).toBe(true)
})

test('every resource of a call must be allowed', () => {
  const policies = [{ Version: '2012-10-17', Statement: [allow] }]
  const resources = ['arn:aws:s3:::b/a/x', 'arn:aws:s3:::other/x']
  expect(allows(policies, { action: 's3:GetObject', resources })).toBe(false)
})

test('a word that it does not know is an error, not a guess', () => {
  expect(() => verdict([{ ...allow, Condition: { NumericLessThan: { x: '1' } } }])).toThrow('NumericLessThan')
  expect(() => verdict([{ ...allow, NotAction: 'x' } as Statement])).toThrow('NotAction')
})

test('Null asks whether the call carries a key at all', () => {
  const carried = { ...allow, Condition: { Null: { 's3:if-none-match': 'false' } } }
  expect(verdict([carried])).toBe(false)
  expect(verdict([carried], undefined, { 's3:if-none-match': '*' })).toBe(true)
  const absent = { ...allow, Condition: { Null: { 's3:if-none-match': 'true' } } }
  expect(verdict([absent])).toBe(true)
  expect(verdict([absent], undefined, { 's3:if-none-match': '*' })).toBe(false)
})
