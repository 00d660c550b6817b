import { expect, test } from 'vitest'
import { allows, type Statement } from './iam-policy.ts'

const isAllowed = (statements: Statement[], resource = 'arn:aws:s3:::b/a/x', context = {}) =>
  allows([{ Version: '2012-10-17', Statement: statements }], {
    action: 's3:GetObject',
    resources: [resource],
    context,
  })
const allow = { Effect: 'Allow', Action: 's3:Get*', Resource: 'arn:aws:s3:::b/a/*' } as const

test('a call that nothing allows is denied', () => {
  expect(isAllowed([])).toBe(false)
  expect(isAllowed([allow], 'arn:aws:s3:::b/ab')).toBe(false)
})

test('a call that a statement allows is allowed, whatever the case of the action', () => {
  expect(isAllowed([{ ...allow, Action: ['S3:getobject'] }])).toBe(true)
})

test('a denial wins over every permission', () => {
  expect(isAllowed([allow, { Effect: 'Deny', Action: '*', Resource: '*' }])).toBe(false)
})

test('a condition on a key that the call lacks does not hold', () => {
  const conditional = { ...allow, Condition: { StringLike: { 's3:prefix': 'a/*' } } }
  expect(isAllowed([conditional])).toBe(false)
  expect(isAllowed([conditional], undefined, { 's3:prefix': 'a/b' })).toBe(true)
})

test('every resource of a call must be allowed', () => {
  const policies = [{ Version: '2012-10-17', Statement: [allow] }]
  const resources = ['arn:aws:s3:::b/a/x', 'arn:aws:s3:::other/x']
  expect(allows(policies, { action: 's3:GetObject', resources })).toBe(false)
})

test('an unknown word is an error, not a guess', () => {
  expect(() => isAllowed([{ ...allow, Condition: { NumericLessThan: { x: '1' } } }])).toThrow(
    'NumericLessThan',
  )
  expect(() => isAllowed([{ ...allow, NotAction: 'x' } as Statement])).toThrow('NotAction')
})

test('Null checks whether the call has a key', () => {
  const carried = { ...allow, Condition: { Null: { 's3:if-none-match': 'false' } } }
  expect(isAllowed([carried])).toBe(false)
  expect(isAllowed([carried], undefined, { 's3:if-none-match': '*' })).toBe(true)
  const absent = { ...allow, Condition: { Null: { 's3:if-none-match': 'true' } } }
  expect(isAllowed([absent])).toBe(true)
  expect(isAllowed([absent], undefined, { 's3:if-none-match': '*' })).toBe(false)
})
