import { defineConfig } from 'vitest/config'

// One project per cost of a test, told by the file's suffix: see docs/architecture.md.
// Forks, because the Kafka client is a native addon that cannot be loaded by a second worker thread.
const node = { pool: 'forks' as const, exclude: ['**/node_modules/**', '.local/**'] }

export default defineConfig({
  test: {
    // What a process said is the first thing to read when a test of it failed.
    chaiConfig: { truncateThreshold: 4000 },
    projects: [
      {
        test: {
          ...node,
          name: 'unit',
          // One by one, as is vitest's own choice on two cores, they would take twice as long.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          include: ['**/*.test.ts'],
          exclude: [...node.exclude, '**/*.stack.test.ts', '**/*.e2e.test.ts'],
        },
      },
      {
        test: {
          ...node,
          name: 'stack',
          include: ['**/*.stack.test.ts'],
          globalSetup: ['./packages/testing/test-stack.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          ...node,
          name: 'e2e',
          include: ['**/*.e2e.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
