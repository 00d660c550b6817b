import { Failure } from '@ticklake/runtime/errors.ts'
import { expect, test } from 'vitest'
import {
  type CheckName,
  type Checks,
  checkNames,
  checks,
  examine,
  isWell,
  type Outcome,
  type RunCheck,
} from './doctor.ts'
import { outcomeLines, outcomeRecord, summaryLine } from './text.ts'

const well = Object.fromEntries(
  checkNames.map((name) => [name, async () => `${name} seen`]),
) as unknown as Checks
const fails: RunCheck = async () => {
  throw new Failure({ code: 'BROKEN', what: 'it is broken', why: 'it fell\n  down', remedy: 'fix it' })
}
const never: RunCheck = () => new Promise(() => {})
const go = new AbortController().signal

async function outcomes(changed: Partial<Checks>, signal = go, withinMs?: number): Promise<Outcome[]> {
  const all: Outcome[] = []
  const limit = withinMs === undefined ? undefined : () => withinMs
  for await (const outcome of examine({ ...well, ...changed }, signal, limit)) all.push(outcome)
  return all
}
const states = (all: readonly Outcome[]) => Object.fromEntries(all.map(({ check, state }) => [check, state]))

test('every check needs only earlier ones, and has a limit', () => {
  for (const [index, name] of checkNames.entries()) {
    for (const need of checks[name].needs) expect(checkNames.indexOf(need)).toBeLessThan(index)
    expect(checks[name].withinMs).toBeLessThanOrEqual(90_000)
  }
})

test('when nothing is wrong every check runs, in order', async () => {
  const all = await outcomes({})
  expect(all.map(({ check }) => check)).toEqual([...checkNames])
  expect(isWell(all, go)).toBe(true)
  expect(summaryLine(all)).toBe('doctor: 19 ok, 0 failed, 0 skipped')
})

test('what depends on a failed check is skipped and names the failed check, all others run', async () => {
  const all = await outcomes({ 'broker TCP': fails })
  const because = (check: CheckName) => all.find((outcome) => outcome.check === check)
  expect(because('broker TLS')).toMatchObject({ state: 'skipped', because: 'broker TCP failed' })
  expect(because('topic time')).toMatchObject({ state: 'skipped', because: 'broker TCP failed' })
  expect(states(all)).toMatchObject({ 'broker name': 'ok', 'Athena query': 'ok', clock: 'ok' })
  expect(isWell(all, go)).toBe(false)
  expect(summaryLine(all)).toBe('doctor: 11 ok, 1 failed, 7 skipped: fix broker TCP')
})

test('nothing runs without a configuration', async () => {
  const all = await outcomes({ configuration: fails })
  expect(all.filter(({ state }) => state === 'skipped')).toHaveLength(18)
})

test('a check that does not apply is skipped, blocks no other and is no fault', async () => {
  const all = await outcomes({ 'broker TLS': async () => ({ notNeeded: 'it is PLAINTEXT' }) })
  expect(states(all)).toMatchObject({ 'broker TLS': 'skipped', 'broker SASL': 'ok', topic: 'ok' })
  expect(isWell(all, go)).toBe(true)
})

test('a check that hangs fails in time, and the next ones run', async () => {
  const all = await outcomes({ clock: never }, go, 50)
  const clock = all.find(({ check }) => check === 'clock')
  expect(clock).toMatchObject({ state: 'failed', failure: { code: 'NO_ANSWER' } })
  expect(states(all)).toMatchObject({ credentials: 'ok' })
})

test('being stopped ends the running check and is not a success', async () => {
  const stop = new AbortController()
  const all = await outcomes(
    {
      clock: () => {
        stop.abort()
        return new Promise(() => {})
      },
    },
    stop.signal,
  )
  expect(states(all)).toMatchObject({ configuration: 'ok', clock: 'skipped', 'group protocol': 'skipped' })
  expect(isWell(all, stop.signal)).toBe(false)
})

test('an unexpected error is a failed check with its message, not a crash', async () => {
  const all = await outcomes({ Glue: () => Promise.reject(new TypeError('x is not a function')) })
  expect(all.find(({ check }) => check === 'Glue')).toMatchObject({
    state: 'failed',
    failure: { code: 'UNEXPECTED', why: 'x is not a function' },
  })
})

test('a failure is four lines: which, what, why, do', async () => {
  const [first] = await outcomes({ configuration: fails })
  expect(outcomeLines({ ...first!, seconds: 1.26 })).toEqual([
    'FAILED   configuration     BROKEN  1.3 s',
    '           what: it is broken',
    '           why:  it fell; down',
    '           do:   fix it',
  ])
  expect(outcomeRecord({ ...first!, seconds: 1.26 })).toEqual({
    check: 'configuration',
    state: 'failed',
    seconds: 1.26,
    code: 'BROKEN',
    what: 'it is broken',
    why: 'it fell\n  down',
    do: 'fix it',
  })
})

test('ok and skipped are one line each', () => {
  expect(outcomeLines({ check: 'bucket', state: 'ok', saw: 's3://lake', seconds: 0.04 })).toEqual([
    'ok       bucket            s3://lake  0.0 s',
  ])
  expect(
    outcomeLines({ check: 'topic', state: 'skipped', because: 'broker TCP failed', seconds: 0 }),
  ).toEqual(['skipped  topic             (because broker TCP failed)'])
})
