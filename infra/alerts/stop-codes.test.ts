// Three lists that must agree: the codes with which a service stops, the alerts, and the rows of
// docs/troubleshooting.md.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { NO_CODE } from '@ticklake/runtime/metrics.ts'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { stopCodes } from './stop-codes.ts'

const codes = stopCodes()
const { groups } = parse(readFileSync(join(import.meta.dirname, 'rules.yml'), 'utf8')) as {
  groups: { rules: { alert: string; expr: string }[] }[]
}
const troubleshooting = readFileSync(join(import.meta.dirname, '../../docs/troubleshooting.md'), 'utf8')

/** The codes that an alert fires for. */
const codesOf = (expr: string) =>
  new Set([...expr.matchAll(/\bcode=~?"([^"]+)"/g)].flatMap(([, list]) => list!.split('|')))
const alertsBy = new Map<string, string[]>()
for (const { alert, expr } of groups.flatMap((group) => group.rules))
  for (const code of codesOf(expr)) alertsBy.set(code, [...(alertsBy.get(code) ?? []), alert])

/** The rows whose first cell names the code. */
const rows = troubleshooting
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split('|').map((cell) => cell.trim()))
const rowsOf = (code: string) => rows.filter((cells) => cells[1]!.includes(`\`${code}\``))

describe.each([...codes])('%s, with which %j stops', (code) => {
  test('has one alert', () => {
    expect(alertsBy.get(code) ?? []).toHaveLength(1)
  })
  test('has one row in docs/troubleshooting.md, with its cause and the next step', () => {
    expect(rowsOf(code)).toHaveLength(1)
    const [, , cause, step] = rowsOf(code)[0]!
    expect(cause!.length).toBeGreaterThan(10)
    expect(step!.length).toBeGreaterThan(5)
  })
})

test('every alert’s code is one with which a service can stop', () => {
  const unknown = [...alertsBy.keys()].filter((code) => code !== NO_CODE && !codes.has(code))
  expect(unknown).toEqual([])
})

test('an alert has the same codes for services that have stopped and for jobs that fail', () => {
  for (const { alert, expr } of groups.flatMap((group) => group.rules)) {
    const lists = [...expr.matchAll(/ticklake_(?:stopped|failing\w+)\{code=~"([^"]+)"/g)].map(
      ([, list]) => list,
    )
    expect(new Set(lists).size, alert).toBeLessThan(2)
  }
})

test('the codes are found where they are: in tables, in workers’ files, by a condition, and not in other commands', () => {
  for (const code of [
    'TOPIC_REPLACED',
    'AWS_CREDENTIALS',
    'AWS_REGION',
    'DISK_FULL',
    'QUERY_REFUSED',
    'DEFECT',
  ])
    expect([...codes.keys()]).toContain(code)
  expect(codes.get('KAFKA_UNREACHABLE')).toEqual(['producer', 'consumer', 'catalog'])
  for (const code of ['TOPIC_GROW', 'NOT_A_DEAD_LETTER', 'HOST_REFUSED', 'DECLARE_DIFFERS'])
    expect([...codes.keys()]).not.toContain(code)
})
