// The four images by themselves: their contents, their size, and how they stop.
import { beforeAll, describe, expect, test } from 'vitest'
import { projectDir, run } from './compose-project.ts'

const names = ['producer', 'consumer', 'catalog', 'local-aws'] as const
const largestBytes = 350_000_000

interface ImageFacts {
  readonly Size: number
  readonly Config: {
    readonly User: string
    readonly Labels: Record<string, string>
    readonly Env: readonly string[]
    readonly Healthcheck?: { readonly Test: readonly string[] }
  }
}

beforeAll(async () => {
  await run('docker', ['compose', '--env-file', '/dev/null', 'build', ...names])
})

describe.each(names)('the image of %s', (name) => {
  const image = `ticklake-${name}`

  async function facts(): Promise<ImageFacts> {
    return (JSON.parse(await run('docker', ['image', 'inspect', image])) as ImageFacts[])[0]!
  }

  test('is smaller than 350 MB', async () => {
    expect((await facts()).Size).toBeLessThan(largestBytes)
  })

  test('names its user, its health check and itself', async () => {
    const { User, Labels, Healthcheck } = (await facts()).Config
    expect(User).toBe('node')
    expect(Labels['org.opencontainers.image.title']).toBe(`ticklake ${name}`)
    expect(Labels['org.opencontainers.image.licenses']).toBe('Apache-2.0')
    expect(Healthcheck?.Test.join(' ')).toMatch(/health-check\.sh "\$\w+_PORT" \//)
  })

  test('holds sources and production dependencies, no tests, no compiler, no configuration of this machine', async () => {
    const files = await run('docker', [
      'run',
      '--rm',
      image,
      'sh',
      '-c',
      'ls -a /app; ls node_modules; find /app -name "*.test.ts" -not -path "*/node_modules/*"; which g++ make python3 || true',
    ])
    expect(files).not.toMatch(
      /^(vitest|typescript|testcontainers|\.env|\.git|.*\.test\.ts|\/.*\/(g\+\+|make|python3))$/m,
    )
  })
})

test('the consumer runs on jemalloc, the others on what the system has', async () => {
  for (const name of names) {
    const maps = await run('docker', ['run', '--rm', `ticklake-${name}`, 'cat', '/proc/self/maps'])
    expect(maps.includes('jemalloc'), name).toBe(name === 'consumer')
  }
})

test('a service that cannot start says why in three lines and ends with status 1', async () => {
  const ended = await run('docker', [
    'run',
    '--rm',
    '--read-only',
    '--env',
    'CONSUMER_FLUSH_AFTER=5',
    'ticklake-consumer',
  ]).catch((error: { code: number; stderr: string }) => error)
  expect(ended).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('did you mean CONSUMER_FLUSH_AFTER_MS?'),
  })
})

test('the project directory is not in the images', async () => {
  const shown = await run('docker', ['history', '--no-trunc', 'ticklake-consumer'])
  expect(shown).not.toContain(projectDir)
})
