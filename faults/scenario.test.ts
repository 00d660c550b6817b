import { expect, test } from 'vitest'
import { drawScenario, type InjectedFault, isAmong, MAX_CONSUMERS, scenarioText } from './scenario.ts'

const seeds = Array.from({ length: 500 }, (_, i) => i + 1)
const scenarios = seeds.map(drawScenario)

test('a seed always gives the same round, whatever was drawn before', () => {
  const again = [...seeds].reverse().map(drawScenario).reverse()
  expect(again).toEqual(scenarios)
  expect(scenarioText(drawScenario(7)).join('\n')).toBe(scenarioText(scenarios[6]!).join('\n'))
})

test('neighbouring seeds give different rounds', () => {
  expect(new Set(scenarios.map((scenario) => JSON.stringify({ ...scenario, seed: 0 }))).size).toBe(
    scenarios.length,
  )
})

test('every kind of fault, every answer of S3 and both group protocols occur within 500 rounds', () => {
  const injected = scenarios.flatMap((scenario): readonly InjectedFault[] => scenario.faults)
  expect(new Set(injected.map(({ kind }) => kind))).toEqual(
    new Set([
      ...['kill', 'restart', 'freeze', 'add', 'remove'],
      ...['broker', 'leader', 's3', 'local-aws', 'trino'],
    ]),
  )
  const answers = injected.flatMap((it) =>
    it.kind === 's3' ? [it.fault.kind === 'status' ? it.fault.status : it.fault.kind] : [],
  )
  expect(new Set(answers)).toEqual(
    new Set([500, 503, 403, 'reset-before', 'reset-after', 'truncate', 'delay']),
  )
  expect(new Set(scenarios.map(({ protocol }) => protocol))).toEqual(new Set(['consumer', 'classic']))
})

test('a round has several faults in time order, thousands of rows a second, and valid consumer numbers', () => {
  for (const scenario of scenarios) {
    expect(scenario.faults.length).toBeGreaterThanOrEqual(4)
    const times = scenario.faults.map(({ atMs }) => atMs)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(scenario.rowsPerSecond).toBeGreaterThanOrEqual(3_000)
    expect(scenario.consumers).toBeGreaterThan(0)
    expect(scenario.consumers).toBeLessThanOrEqual(MAX_CONSUMERS)
    const freeze = scenario.faults.find((fault) => fault.kind === 'freeze')
    if (freeze) expect(freeze.forMs).toBeGreaterThan(scenario.protocol === 'classic' ? 10_000 : 6_000)
  }
})

test('every other round ends with a power cut, with consumers that record it and with some that stop', () => {
  const cuts = scenarios.map(({ powerCut }) => powerCut?.onTruncation)
  expect(cuts.slice(0, 4)).toEqual(['record', undefined, 'stop', undefined])
  expect(new Set(scenarios.map(({ powerCut }) => powerCut?.consumersToo))).toEqual(
    new Set([undefined, true, false]),
  )
  expect(scenarioText(scenarios[0]!).at(-1)).toMatch(/a power cut of the broker.*consumers record/)
})

test('the requests that a fault hits are distinguished by method and key', () => {
  const claim = '/b/p/_control/d/claims/x/00000/9.json'
  const object = '/b/p/d/dt%3D2026-01-01/hour%3D00/x.parquet'
  expect(isAmong('claims', 'PUT', claim)).toBe(true)
  expect(isAmong('claims', 'GET', claim)).toBe(false)
  expect(isAmong('objects', 'PUT', object)).toBe(true)
  expect(isAmong('objects', 'PUT', claim)).toBe(false)
  expect(isAmong('dead files', 'PUT', '/b/p/_control/d/dead/x.jsonl')).toBe(true)
  expect(isAmong('reads', 'HEAD', object)).toBe(true)
  expect(isAmong('everything', 'DELETE', object)).toBe(true)
})

test('every fourth round has three brokers whose leaders move, one broker after the other', () => {
  for (const { seed, protocol, brokers, faults, powerCut } of scenarios) {
    const moves = faults.filter((fault) => fault.kind === 'leader')
    expect([brokers, moves.length]).toEqual(seed % 4 === 0 ? [3, 2] : [1, 0])
    if (brokers === 1) continue
    expect(protocol).toBe(seed % 8 === 0 ? 'classic' : 'consumer')
    expect(powerCut).toBeUndefined()
    expect(faults.some(({ kind }) => kind === 'broker')).toBe(false)
    expect(new Set(moves.map(({ broker }) => broker)).size).toBe(2)
  }
})
