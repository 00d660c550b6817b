import { expect, test } from 'vitest'
import { isOrderlyStop } from './consumers.ts'

const killed = { exitCode: null, signalCode: 'SIGKILL', wasKilled: false } as const

test.each([
  ['0', { ...killed, exitCode: 0, signalCode: null }, true],
  ['SIGTERM, which came before it could handle it', { ...killed, signalCode: 'SIGTERM' }, true],
  ['the SIGKILL of the campaign', { ...killed, wasKilled: true }, true],
  ['a SIGKILL that the campaign did not send, as out of memory', killed, false],
  ['a crash', { ...killed, signalCode: 'SIGSEGV' }, false],
  ['a crash while its client closes', { ...killed, signalCode: 'SIGABRT' }, false],
  ['a crash in a round that the campaign ends', { ...killed, signalCode: 'SIGSEGV', wasKilled: true }, false],
  ['1', { ...killed, exitCode: 1, signalCode: null }, false],
] as const)('a consumer that ends with %s after SIGTERM', (_name, stop, isOrderly) => {
  expect(isOrderlyStop(stop)).toBe(isOrderly)
})
