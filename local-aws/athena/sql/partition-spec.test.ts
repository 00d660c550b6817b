import { expect, test } from 'vitest'
import type { Table } from '../../glue/api/shapes.ts'
import { type PartitionSpec, partitionExpression, partitionValues } from './partition-spec.ts'

const tableOf = (PartitionKeys: Table['PartitionKeys']) => ({ PartitionKeys }) as Table

test('values stand in the order of the keys, and numbers are compared as numbers', () => {
  const table = tableOf([
    { Name: 'dt', Type: 'string' },
    { Name: 'hour', Type: 'int' },
  ])
  const spec: PartitionSpec = [
    { key: 'hour', operator: '=', value: '7' },
    { key: 'dt', operator: '=', value: '1' },
  ]
  expect(partitionValues(table, spec)).toEqual(['1', '7'])
  expect(partitionExpression(table, spec)).toBe("hour = 7 AND dt = '1'")
})

test('a key that Glue holds with capitals is the same', () => {
  const table = tableOf([{ Name: 'Year', Type: 'int' }])
  const spec: PartitionSpec = [{ key: 'year', operator: '=', value: '2024' }]
  expect(partitionValues(table, spec)).toEqual(['2024'])
  expect(partitionExpression(table, spec)).toBe('year = 2024')
})

test('a partition of 15,000 keys, as many as a statement can name, is found without comparing each with each', () => {
  const names = Array.from({ length: 15_000 }, (_, i) => `c${i}`)
  let comparisons = 0
  const keys = names.map((name) => ({
    get Name() {
      comparisons++
      return name
    },
    Type: 'int',
  }))
  const spec = names.map((key) => ({ key, operator: '=' as const, value: '1' }))
  expect(partitionValues(tableOf(keys), spec)).toHaveLength(names.length)
  expect(partitionExpression(tableOf(keys), spec)).toContain('c14999 = 1')
  expect(comparisons).toBeLessThan(10 * names.length)
})
