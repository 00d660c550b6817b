// Runs what the docs tell people to type: every ```sh block of these pages, in order, as one shell would.
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { testEnv } from '@ticklake/stack/test-env.ts'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const page = (name: string) => readFileSync(join(import.meta.dirname, name), 'utf8')
const blocks = (text: string) => [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!)

function env(): Record<string, string> {
  return testEnv({ CONSUMER_HEALTH_PORT: '0', PRODUCER_HEALTH_PORT: '0', CATALOG_HEALTH_PORT: '0' })
}

/** Runs a block and says what it printed; `aws` is left out where it is not installed. */
function run(block: string, env: Record<string, string>): string {
  const hasAws = spawnSync('aws', ['--version'], { env }).status === 0
  const script = hasAws ? block : block.replaceAll(/^aws .*$/gm, '')
  const result = spawnSync('bash', ['-euo', 'pipefail', '-c', script], { cwd: root, env, encoding: 'utf8' })
  expect(result.status, `${script}\n${result.stdout}\n${result.stderr}`).toBe(0)
  return result.stdout
}

test('the tutorial does what it says', { timeout: 300_000 }, () => {
  const shell = env()
  const printed = blocks(page('tutorial.md')).map((block) => run(block, shell))
  const all = printed.join('\n')
  expect(all).toContain('delivered 250')
  expect(all).toMatch(/audit: produced 20250, landed 20250, dead 0, skipped 0, lost 0, twice 0/)
  expect(all).toMatch(/equal/)
})

test('the how-tos do what they say', { timeout: 300_000 }, () => {
  const shell = env()
  run('node producer/main.ts topic create', shell)
  const printed = blocks(page('how-to.md')).map((block) => run(block, shell))
  expect(printed.join('\n').match(/delivered 1/g)).toHaveLength(2)
})

test('every make target that a page names is there', () => {
  const targets = execFileSync('make', ['-pqrR', 'help'], { cwd: root, encoding: 'utf8' })
  const pages = [
    '../README.md',
    'tutorial.md',
    'how-to.md',
    'troubleshooting.md',
    'from-the-tutorials.md',
    'aws.md',
  ]
  for (const name of pages) {
    for (const [, target] of page(name).matchAll(/`make ([a-z-]+)/g)) {
      expect(targets, `${name}: make ${target}`).toMatch(new RegExp(`^${target}:`, 'm'))
    }
  }
})

test('every error code that the troubleshooting page names is one', () => {
  const source = execFileSync('git', ['grep', '-hoE', "code: '[A-Z_]+'", '--', '*.ts'], {
    cwd: root,
    encoding: 'utf8',
  })
  for (const [, code] of page('troubleshooting.md').matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)) {
    if (code!.startsWith('CONSUMER_') || code!.startsWith('LAKE_')) continue
    const known = source.includes(`'${code}'`) || code === 'COLUMN_NOT_FOUND'
    expect(known, code).toBe(true)
  }
})
