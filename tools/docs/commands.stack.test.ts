// Runs the commands of the docs in order, as in one shell; those that cost too much are only compared with the help.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runHere } from '@ticklake/testing/in-process.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { produce, ticks } from '@ticklake/testing/topic.ts'
import { expect, test } from 'vitest'
import { awsCli } from './project-copy.ts'

const root = join(import.meta.dirname, '../..')
const cli = awsCli()
const docs = join(root, 'docs')
const page = (name: string) => readFileSync(join(docs, name), 'utf8')
const pages = ['../README.md', ...readdirSync(docs).filter((name) => name.endsWith('.md'))]
const blocks = (text: string) => [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!)

function env(): Record<string, string> {
  return testEnv({ CONSUMER_HEALTH_PORT: '0', PRODUCER_HEALTH_PORT: '0', CATALOG_HEALTH_PORT: '0' })
}

/** Runs a block. Out: its output. */
function run(block: string, env: Record<string, string>): string {
  const result = spawnSync('bash', ['-euo', 'pipefail', '-c', block], {
    maxBuffer: 64 * 1024 * 1024,
    cwd: root,
    env: { ...env, PATH: `${cli}:${env.PATH}` },
    encoding: 'utf8',
    // With a socket there, bash would assume a remote shell, and read its start-up files.
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  expect(result.status, `${block}\n${result.stdout}\n${result.stderr}`).toBe(0)
  return result.stdout
}

/** A command that no page names, run in this process. @returns its output */
async function prepare(
  env: Record<string, string>,
  program: 'producer' | 'consumer' | 'catalog',
  ...args: string[]
): Promise<string> {
  const { code, stdout, stderr } = await runHere(env, program, ...args)
  expect(code, stderr).toBe(0)
  return stdout
}

test('the tutorial does what it says', { timeout: 300_000 }, () => {
  const shell = env()
  const printed = blocks(page('tutorial.md')).map((block) => run(block, shell))
  const all = printed.join('\n')
  expect(all).toContain('delivered 250')
  expect(all).toMatch(/audit: produced 20250, landed 20250, dead 0, skipped 0, lost 0, twice 0/)
  expect(all).toMatch(/equal/)
})

test('the how-tos do what they say', { timeout: 300_000 }, async () => {
  const shell = env()
  await prepare(shell, 'producer', 'topic', 'create')
  const printed = blocks(page('how-to.md')).map((block) => run(block, shell))
  expect(printed.join('\n').match(/delivered 1/g)).toHaveLength(2)
})

/** The commands of a page that are only indented, unchanged, without their comments. */
const indented = (name: string) =>
  page(name)
    .match(/^ {4}(?:[A-Z_]+=\S+ )?node [^#\n]*/gm)!
    .map((line) => line.trim())

test('the pages on refused records, backfills and compaction do what they say', {
  timeout: 300_000,
}, async () => {
  // So that a record without a nullable field is rejected, too.
  const shell = { ...env(), KAFKA_TICK_ALIASES: 'off' }
  const dir = mkdtempSync(join(tmpdir(), 'ticklake-docs-'))
  try {
    const [good, ...more] = [...ticks(10, 1)].map(({ value }) => Buffer.from(value!).toString())
    const refused = [
      good!.replace(/"close":[\d.]+/, '"close":"high"'),
      good!.replace(/"adj_close":[\d.]+,/, ''),
      good!.replace(/"date":"[^"]+"/, '"date":"2021-02-30"'),
    ]
    await prepare(shell, 'producer', 'topic', 'create')
    await prepare(shell, 'catalog', 'declare')
    const messages = [good!, ...more, ...refused].map((text) => ({ value: Buffer.from(text), partition: 0 }))
    await produce(shell, messages)
    await prepare(shell, 'consumer', 'run', '--until-end')

    writeFileSync(join(dir, 'fixed.json'), good!)
    writeFileSync(
      join(dir, 'program.mjs'),
      `import { createInterface } from 'node:readline'
      for await (const line of createInterface({ input: process.stdin }))
        console.log(JSON.stringify({ ...JSON.parse(line), value: ${JSON.stringify(good)} }))`,
    )
    const here = (command: string) =>
      command
        .replace('0:1234', '0:10')
        .replace('fixed.json', join(dir, 'fixed.json'))
        .replace('your-program', `node ${join(dir, 'program.mjs')}`)
        .replace('2026-11-21T09:00:00Z', new Date(Date.now() - 3_600_000).toISOString())
        .replace(/(?<=--hour )\S+/, new Date(Date.now() - 3_600_000).toISOString().slice(0, 13))
    const printed = indented('dead-letters.md').map((command) => run(here(command), shell))
    expect(printed).toHaveLength(7)
    for (const reason of ['bad_date', 'missing_field', 'wrong_type']) expect(printed[0]).toContain(reason)
    expect(printed[1]).toContain('2021-02-30')
    expect(printed[3]).toMatch(/0 +10 +replayed/)
    await prepare(shell, 'consumer', 'run', '--until-end')
    const audit = await prepare(shell, 'catalog', 'audit')
    expect(audit).toContain('audit: produced 16, landed 13, dead 3, skipped 0, lost 0, twice 0')

    const again = indented('backfill.md').map((command) => run(here(command), shell))
    expect(again).toHaveLength(5)
    expect(again[3]).toContain('landed 13, dead 3')
    const compacted = indented('compaction.md').map((command) => run(here(command), shell))
    expect(compacted).toHaveLength(2)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})

test('every command that a page names is one, with its flags, by the reference', () => {
  const help = new Map(
    page('reference.md')
      .split(/^### /m)
      .map((part) => [part.split('\n', 1)[0]!, part]),
  )
  let seen = 0
  for (const name of pages.filter((each) => each !== 'reference.md')) {
    for (const [all, service, command, rest] of page(name).matchAll(
      /\bnode ([a-z-]+)\/main\.ts((?: [a-z]+(?:-[a-z]+)*)*)([^`|#\n]*)/g,
    )) {
      seen++
      const text = help.get(`${service}${command}`)
      expect(text, `${name}: ${all}`).toBeDefined()
      for (const flag of rest!.match(/--[a-z-]+/g) ?? []) {
        expect(text, `${name}: ${all}`).toMatch(new RegExp(`${flag}(?![a-z-])`))
      }
    }
  }
  expect(seen).toBeGreaterThan(40)
})

test('every make target that a page names is there, with its variables', () => {
  const makefile = readFileSync(join(root, 'Makefile'), 'utf8')
  for (const name of pages) {
    for (const [all, target, command] of page(name).matchAll(
      /(?:`|^ {4}|\| )make ([a-z-]+)((?: [A-Z_]+=\S+)*)/gm,
    )) {
      expect(makefile, `${name}: ${all}`).toMatch(new RegExp(`^${target}:`, 'm'))
      for (const [, variable] of command!.matchAll(/ ([A-Z_]+)=/g)) {
        expect(makefile, `${name}: ${all}`).toMatch(new RegExp(`\\b${variable}\\b`))
      }
    }
  }
})

test('every error code that the troubleshooting page names is one', () => {
  const code = "code: [^,]*'[A-Z_]+'|\\['[A-Z_]+'|error [A-Z_]+:"
  const source = execFileSync('git', ['grep', '-hoE', code, '--', '*.ts', '*.sh', '*.mjs'], {
    cwd: root,
    encoding: 'utf8',
  })
  const codes = new Set(source.match(/[A-Z_]{4,}/g))
  // Athena's own.
  codes.add('COLUMN_NOT_FOUND')
  for (const [, name] of page('troubleshooting.md').matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)) {
    if (/^(PRODUCER|CONSUMER|LAKE|CATALOG|CHROMIUM)_(?!STALLED|MISSING|WAITS)/.test(name!)) continue
    expect(codes.has(name!), name).toBe(true)
  }
})
