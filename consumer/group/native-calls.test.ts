import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Aborted } from '../retry.ts'
import { NativeCalls } from './native-calls.ts'

test('a client is closed when the last call is answered, not before', async () => {
  const calls = new NativeCalls()
  const answer = Promise.withResolvers<number>()
  const asked = calls.ask(() => answer.promise)
  await yieldToEventLoop()
  let isClosed = false
  const closed = calls.close().then(() => {
    isClosed = true
  })
  await yieldToEventLoop()
  expect(isClosed).toBe(false)
  answer.resolve(1)
  await closed
  expect(await asked).toBe(1)
})

test('a failed call does not keep the client from being closed', async () => {
  const calls = new NativeCalls()
  const answer = Promise.withResolvers<never>()
  const asked = calls.poll(() => answer.promise)
  const closed = calls.close()
  answer.reject(new Error('timed out'))
  await expect(asked).rejects.toThrow('timed out')
  await closed
})

test('no call begins once the client is being closed, not even a waiting one', async () => {
  const calls = new NativeCalls()
  const answers = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const underWay = answers.map(({ promise }) => calls.ask(() => promise))
  let begun = 0
  const count = async () => {
    begun++
  }
  const waiting = calls.ask(count)
  await yieldToEventLoop()
  const closed = calls.close()
  await expect(waiting).rejects.toThrow(Aborted)
  await expect(calls.ask(count)).rejects.toThrow(Aborted)
  await expect(calls.poll(count)).rejects.toThrow(Aborted)
  expect(calls.now(() => ++begun)).toBeUndefined()
  for (const { resolve } of answers) resolve()
  await Promise.all([...underWay, closed])
  expect(begun).toBe(0)
})

test('two calls run at a time, besides polling', async () => {
  const calls = new NativeCalls()
  let underWay = 0
  let most = 0
  const call = async () => {
    most = Math.max(most, ++underWay)
    await yieldToEventLoop()
    underWay--
  }
  const all = Promise.all(Array.from({ length: 10 }, () => calls.ask(call)))
  const polled = await calls.poll(async () => 'polled')
  await all
  expect(polled).toBe('polled')
  expect(most).toBe(2)
})
