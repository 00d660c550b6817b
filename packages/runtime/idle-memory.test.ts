import { memoryUsage } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { collectHeap, returnIdleMemory } from './idle-memory.ts'

const worthBytes = 64 * 1024 * 1024

test('a collection returns what only a burst needed', async () => {
  const burst = manyObjects()
  const grown = memoryUsage().heapTotal
  burst.length = 0
  await collectHeap()
  expect(memoryUsage().heapTotal).toBeLessThan(grown - worthBytes)
})

test('the heap is collected once after a burst, and not while the process is busy', async () => {
  const collect = vi.fn(async () => {})
  const burst = manyObjects()
  using _memory = returnIdleMemory({ restMs: 50, collect })
  for (const end = Date.now() + 500; Date.now() < end; await sleep(1)) spin(20)
  expect(collect).not.toHaveBeenCalled()
  await vi.waitFor(() => expect(collect).toHaveBeenCalled(), { interval: 200, timeout: 60_000 })
  await sleep(200)
  expect(collect).toHaveBeenCalledOnce()
  expect(burst.length).toBeGreaterThan(0)
})

/** About 130 MB. */
function manyObjects(): unknown[] {
  return Array.from({ length: 1_000_000 }, (_, i) => ({ i, text: `row ${i}` }))
}

function spin(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}
