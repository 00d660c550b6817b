// What a viewer gets at once when others came earlier.

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

/** A viewer that records each problem of the ticks that it gets. */
function viewer() {
  const problems: (string | null)[] = []
  const send = (event: string, data: unknown) => {
    if (event === 'ticksProblem') problems.push((data as { code: string } | null)?.code ?? null)
  }
  return { problems, send }
}

test('a viewer who joins later gets the reason why no tick can be read, which stays during retries', async () => {
  const live = new Live({ aws, broker, config: catalogConfig({}), events: quiet, firingAlerts: () => [] })
  const first = viewer()
  live.join(first)
  await expect.poll(() => first.problems).toEqual([null, 'KAFKA_UNREACHABLE'])
  const second = viewer()
  live.join(second)
  expect(second.problems).toEqual(['KAFKA_UNREACHABLE'])
  // Retried after three seconds: the note does not disappear and come back.
  await expect.poll(() => second.problems.length, { timeout: 10_000 }).toBeGreaterThan(1)
  expect(second.problems).not.toContain(null)
  live.stop()
  const later = viewer()
  live.join(later)
  expect(later.problems[0]).toBeNull()
  live.stop()
}, 20_000)
