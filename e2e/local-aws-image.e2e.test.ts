// The image for other projects' tests: from TypeScript, Python and Java, each with its own Testcontainers.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AthenaClient } from '@aws-sdk/client-athena'
import { S3Client } from '@aws-sdk/client-s3'
import { Athena } from '@ticklake/aws/athena.ts'
import { LocalAwsContainer } from '@ticklake/testing/local-aws-container.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { projectDir, run } from './compose-project.ts'

const examples = join(projectDir, 'examples/local-aws')
const dir = mkdtempSync(join(tmpdir(), 'ticklake-examples-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

beforeAll(async () => {
  const build = ['build', '--quiet', '-f', 'local-aws/Dockerfile', '-t', 'ticklake-aws', '.']
  await run('docker', build, { DOCKER_BUILDKIT: '0' })
})

test('a container answers queries on its seed as soon as it is ready, as a user without rights', async () => {
  const aws = await new LocalAwsContainer().withSeed(join(examples, 'seed')).withBuckets('more').start()
  const client = new AthenaClient(aws.clientConfig)
  const s3 = new S3Client({ ...aws.clientConfig, forcePathStyle: true })
  const athena = new Athena(client, s3, {
    workgroup: 'primary',
    results: 's3://more/results/',
    database: 'market',
  })
  try {
    const { rows } = await athena.query('SELECT symbol, price FROM latest ORDER BY symbol')
    const prices: unknown[] = []
    for await (const batch of rows) prices.push(...batch)
    expect(prices).toEqual([
      ['HSI', '200.25'],
      ['IXIC', '101.5'],
    ])
    expect((await aws.exec(['id', '-un'])).output.trim()).toBe('node')
  } finally {
    client.destroy()
    s3.destroy()
    await aws.stop()
  }
})

test('a seed with a wrong statement ends the container and names file and line', async () => {
  const container = new LocalAwsContainer().withCopyContentToContainer([
    { content: 'CREATE DATABASE a;\n\nCREATE TABEL b;\n', target: '/seed/01.sql' },
  ])
  const lines: string[] = []
  container.withLogConsumer((stream) => stream.on('data', (line) => lines.push(String(line))))
  await expect(container.start()).rejects.toThrow()
  expect(lines.join('')).toContain('01.sql:3')
})

test('the example in Python passes', async () => {
  const venv = join(dir, 'venv')
  await run('python3', ['-m', 'venv', venv])
  const list = join(examples, 'python/requirements.txt')
  const safely = ['--require-hashes', '--only-binary', ':all:', '--quiet', '--disable-pip-version-check']
  await run(join(venv, 'bin/pip'), ['install', ...safely, '-r', list])
  const out = await run(join(venv, 'bin/python'), [
    ...['-m', 'pytest', '-p', 'no:cacheprovider', '-q'],
    join(examples, 'python'),
  ])
  expect(out).toContain('2 passed')
})

test('the example in Java passes', async () => {
  const out = await run('mvn', [
    ...['-B', '--strict-checksums', '-f', join(examples, 'java/pom.xml')],
    ...[`-DbuildDirectory=${join(dir, 'java')}`, 'test'],
  ])
  expect(out).toContain('Tests run: 1, Failures: 0, Errors: 0')
})
