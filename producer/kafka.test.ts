// A broker cannot be stopped exactly while the writer connects, so the client is a fake here.
import { expect, test } from 'vitest'
import { connected } from './kafka.ts'

const config = { KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:9092', KAFKA_CONNECT_TIMEOUT_MS: 1_200 }

/** Clients of a broker that disappears this many times during connecting. */
function clients(failures: number) {
  const made: { connect: (options: unknown, done: (error: unknown) => void) => void }[] = []
  const make = () => {
    const fails = made.length < failures
    const client = {
      connect: (_options: unknown, done: (error: unknown) => void) =>
        done(fails ? new Error('broker transport failure') : null),
    }
    made.push(client)
    return client as never
  }
  return { made, make }
}

function events() {
  const reported: string[] = []
  return {
    reported,
    waitingForBroker: (servers: string, reason: string) => reported.push(`${servers}: ${reason}`),
    brokerFound: (servers: string) => reported.push(`${servers} answers`),
  }
}

test('a broker that disappears while the writer connects is waited for, with a new client each time', async () => {
  const { made, make } = clients(2)
  const seen = events()
  expect(await connected(make, config, seen, new AbortController().signal)).toBe(made[2])
  expect(seen.reported).toEqual([
    '127.0.0.1:9092: broker transport failure',
    '127.0.0.1:9092: broker transport failure',
    '127.0.0.1:9092 answers',
  ])
})

test('one that stays down is an error after KAFKA_CONNECT_TIMEOUT_MS, or nothing if a signal comes', async () => {
  const open = connected(clients(99).make, config, events(), new AbortController().signal)
  await expect(open).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE', why: 'broker transport failure' })
  expect(await connected(clients(99).make, config, events(), AbortSignal.timeout(200))).toBeUndefined()
})
