// Commands in the process of a test: what they print is captured, and what they cannot do there is refused.
import { expect, test } from 'vitest'
import { catalog, inThisProcess } from './in-process.ts'

/** The environment of a process that inherits none of the project's variables. */
const env = inThisProcess({})

test('a command writes to what its caller gives, and its exit status is not the test run’s', {
  timeout: 60_000,
}, async () => {
  const plan = await catalog(env, 'alerts', 'plan')
  expect(plan).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('CATALOG_ALERTS_FILE') })
  expect(process.exitCode).toBeUndefined()
})

test.each([{ AWS_REGION: 'mars-north-1' }, { NODE_OPTIONS: '--no-deprecation' }, { TZ: 'Etc/GMT+7' }])(
  '%j, which only a new process would read, is refused',
  async (settings) => {
    const name = Object.keys(settings)[0]!
    await expect(catalog({ ...env, ...(settings as object) }, 'declare')).rejects.toThrow(name)
  },
)
