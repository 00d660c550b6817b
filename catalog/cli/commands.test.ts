// A mistake on the command line is reported before anything is done: no request to AWS or a broker.
import { inThisProcess, runHere } from '@ticklake/testing/in-process.ts'
import { expect, test, vi } from 'vitest'

const catalog = (...args: string[]) =>
  runHere(inThisProcess({ KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1' }), 'catalog', ...args)

test.each([
  [['audit', '--dataset', ''], '--dataset is empty'],
  [['audit', '--compare='], '--compare is empty'],
  [['audit', '--wait', 'soon'], '--wait must be a number from 0'],
])('%j is a mistake of the command line', { timeout: 60_000 }, async (args, text) => {
  const { code, stderr } = await catalog(...args)
  expect(stderr).toContain(`error USAGE: ${text}`)
  expect(code).toBe(1)
})

test('a mistake is understood, and help is English, whatever language the machine speaks', async () => {
  vi.stubEnv('LC_ALL', 'de_DE.UTF-8')
  try {
    expect((await catalog('qurey')).stderr).toContain('did you mean query?')
    expect((await catalog('--help')).stdout).toMatch(/Options:\n +--help +Show help/)
  } finally {
    vi.unstubAllEnvs()
  }
})
