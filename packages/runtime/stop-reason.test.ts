// A service that stops with an error says why on its port while it lingers, unless a signal ends it.
import { expect, test } from 'vitest'
import { Failure } from './errors.ts'
import { makeRegistry } from './metrics.ts'
import { StopReason } from './stop-reason.ts'

const replaced = new Failure({ code: 'TOPIC_REPLACED', what: 'the topic was deleted', remedy: 'begin anew' })

function setUp(lingerMs: number) {
  const registry = makeRegistry('consumer')
  const stopping = new AbortController()
  const lines: string[] = []
  const log = { error: (_: unknown, message: string) => lines.push(message) } as never
  const stop = new StopReason({ registry, log, lingerMs, signal: stopping.signal })
  const stopped = async () => (await registry.metrics()).match(/^ticklake_stopped\{.*$/m)?.[0]
  return { stop, stopping, lines, stopped }
}

test('while it lingers the code is a metric and /readyz has the sentence, then the error is thrown', async () => {
  const { stop, lines, stopped } = setUp(300)
  expect([stop.why, await stopped()]).toEqual([undefined, undefined])
  const startedAt = performance.now()
  const ended = stop.during(() => Promise.reject(replaced))
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(stop.why).toBe('stopped by TOPIC_REPLACED: the topic was deleted')
  expect(await stopped()).toBe('ticklake_stopped{code="TOPIC_REPLACED",service="consumer"} 1')
  expect(lines).toEqual([
    'stopped by TOPIC_REPLACED: the topic was deleted; /metrics and /readyz say so for 0.3 s, then the process ends',
  ])
  await expect(ended).rejects.toBe(replaced)
  expect(performance.now() - startedAt).toBeGreaterThan(290)
})

test('a signal ends the lingering at once, and one that came before leaves none', async () => {
  for (const early of [true, false]) {
    const { stop, stopping } = setUp(60_000)
    if (early) stopping.abort('SIGTERM')
    else setTimeout(() => stopping.abort('SIGTERM'), 50)
    const startedAt = performance.now()
    await expect(stop.during(() => Promise.reject(replaced))).rejects.toBe(replaced)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  }
})

test('without a time to linger the error is thrown at once', async () => {
  const { stop, lines } = setUp(0)
  await expect(stop.during(() => Promise.reject(replaced))).rejects.toBe(replaced)
  expect(lines).toEqual([])
  expect(await setUp(0).stop.during(async () => 'done')).toBe('done')
})

test('system errors have their code, and unexpected errors are a DEFECT', async () => {
  const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', syscall: 'write' })
  for (const [thrown, code] of [[full, 'DISK_FULL'] as const, [new TypeError('x'), 'DEFECT'] as const]) {
    const { stop, stopped } = setUp(0)
    await expect(stop.during(() => Promise.reject(thrown))).rejects.toThrow()
    expect(await stopped()).toContain(`code="${code}"`)
  }
})
