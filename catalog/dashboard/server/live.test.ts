// What a viewer is told at once, when others have looked before.

import type { Aws } from '@ticklake/aws/clients.ts'
import type { Broker } from '@ticklake/kafka/topic.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { expect, test } from 'vitest'
import { catalogConfig } from '../../config.ts'
import type { DashboardEvents } from './events.ts'
import { Live } from './live.ts'

const away = new Failure({ code: 'KAFKA_UNREACHABLE', what: 'no broker answers' })
const refuses = () => Promise.reject(away)
const broker = { topicOnce: refuses } as unknown as Broker
const aws = {
  glue: { table: refuses, crawler: refuses },
  athena: { query: refuses },
  bucket: {
    list: () => {
      throw away
    },
    text: refuses,
  },
} as unknown as Aws
const quiet = { viewers() {}, countStarted() {}, defect() {} } as unknown as DashboardEvents

/** A viewer that keeps the problem of the ticks, as often as it is told. */
function viewer() {
  const told: (string | null)[] = []
  const send = (event: string, data: unknown) => {
    if (event === 'ticksProblem') told.push((data as { code: string } | null)?.code ?? null)
  }
  return { told, send }
}

test('why no tick can be read is told to whoever joins later, and stays while it is tried again', async () => {
  const live = new Live({ aws, broker, config: catalogConfig({}), events: quiet })
  const first = viewer()
  live.join(first)
  await expect.poll(() => first.told).toEqual([null, 'KAFKA_UNREACHABLE'])
  const second = viewer()
  live.join(second)
  expect(second.told).toEqual(['KAFKA_UNREACHABLE'])
  // Tried again after three seconds: the note does not go and come back.
  await expect.poll(() => second.told.length, { timeout: 10_000 }).toBeGreaterThan(1)
  expect(second.told).not.toContain(null)
  live.stop()
  const later = viewer()
  live.join(later)
  expect(later.told[0]).toBeNull()
  live.stop()
}, 20_000)
