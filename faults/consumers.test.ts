import { expect, test } from 'vitest'
import { judgeStop } from './consumers.ts'

const killed = { exitCode: null, signalCode: 'SIGKILL', afterMs: 3_000, wasKilled: false } as const

test.each([
  ['0', { ...killed, exitCode: 0, signalCode: null }, 'well'],
  ['SIGTERM, which came before it could answer', { ...killed, signalCode: 'SIGTERM' }, 'well'],
  ['the SIGKILL of the campaign', { ...killed, wasKilled: true }, 'well'],
  ['its own SIGKILL, because its client did not close', { ...killed, afterMs: 11_400 }, 'doubtful'],
  ['a SIGKILL that nobody sent, as out of memory', killed, 'wrong'],
  ['a crash', { ...killed, signalCode: 'SIGSEGV' }, 'wrong'],
  ['a crash while its client closes', { ...killed, signalCode: 'SIGABRT', afterMs: 11_400 }, 'wrong'],
  [
    'a crash in a round that the campaign ends',
    { ...killed, signalCode: 'SIGSEGV', wasKilled: true },
    'wrong',
  ],
  ['1', { ...killed, exitCode: 1, signalCode: null }, 'wrong'],
] as const)('a consumer that ends with %s after SIGTERM', (_name, stop, verdict) => {
  expect(judgeStop(stop)).toBe(verdict)
})
