// Which test files there are, by their suffix, and what runs beside what: see docs/architecture.md.
import { defineConfig } from 'vitest/config'
import { PATIENCE_MS } from './packages/testing/patience.ts'
import { LongestFirst } from './tools/checks/longest-first.ts'
import { timeZoneTests } from './tools/checks/time-zones.ts'

const ignored = ['**/node_modules/**', '.local/**']
/** A zone whose day differs from UTC's for most of the day: whoever takes the machine's day for UTC's is wrong there. */
const farFromUtc = { TZ: 'America/Los_Angeles' }
// Forks, because the Kafka client is a native addon that a second worker thread cannot load.
const shared = { pool: 'forks' as const }
// One process for all unit tests of a worker: to start one for each file costs more than most files.
const unit = { ...shared, isolate: false, testTimeout: 60_000, expect: { poll: { timeout: 30_000 } } }
const stack = {
  ...shared,
  globalSetup: ['./packages/testing/test-stack.ts'],
  // For what hangs: what is merely slow, on a machine that is slow and busy, passes.
  testTimeout: 600_000,
  hookTimeout: 600_000,
  // Vitest's own is a second.
  expect: { poll: { timeout: PATIENCE_MS } },
}
/** Stack tests wait about as long as they work: four at a time keep two cores busy. */
const sideBySide = 4

export default defineConfig({
  test: {
    // What a process said is the first thing to read when a test of it failed.
    chaiConfig: { truncateThreshold: 4000 },
    maxWorkers: sideBySide,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...unit,
          name: 'unit',
          env: { TZ: 'UTC' },
          include: ['**/*.test.ts'],
          exclude: [...ignored, '**/*.stack.test.ts', '**/*.e2e.test.ts'],
        },
      },
      {
        test: {
          ...unit,
          name: 'unit far from UTC',
          env: farFromUtc,
          // Not all of them: what asks for no zone gives the same in each.
          include: timeZoneTests(import.meta.dirname, ignored),
          exclude: ignored,
        },
      },
      {
        test: {
          ...stack,
          name: 'stack',
          env: farFromUtc,
          include: ['**/*.stack.test.ts'],
          exclude: [...ignored, '**/*.alone.stack.test.ts'],
        },
      },
      {
        test: {
          ...stack,
          name: 'stack alone',
          env: farFromUtc,
          include: ['**/*.alone.stack.test.ts'],
          exclude: ignored,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          name: 'e2e',
          include: ['**/*.e2e.test.ts'],
          exclude: ignored,
          testTimeout: 600_000,
          hookTimeout: 900_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
