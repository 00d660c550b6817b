import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTemplate, type Template, templateYaml } from './template.ts'

const tools = join(import.meta.dirname, '../.local/venv-infra/bin')
const run = promisify(execFile)
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ticklake-template-'))
  await run(join(import.meta.dirname, 'setup.sh'))
}, 600_000)

afterAll(() => rm(folder, { recursive: true }))

async function written(template: Template): Promise<string> {
  const file = join(folder, 'template.yaml')
  await writeFile(file, templateYaml(template))
  return file
}

interface Report {
  readonly results: { readonly failed_checks: readonly { check_id: string; resource: string }[] }
  readonly summary: { readonly passed: number; readonly skipped: number }
}

async function checkov(template: Template): Promise<Report> {
  const flags = ['--framework', 'cloudformation', '--skip-download', '--output', 'json', '--soft-fail']
  // Its report repeats the template, boot script and all, for each check.
  const { stdout } = await run(join(tools, 'checkov'), ['-f', await written(template), ...flags], {
    maxBuffer: 64 * 2 ** 20,
  })
  return JSON.parse(stdout)
}

test('cfn-lint has nothing to say, in two regions', { timeout: 120_000 }, async () => {
  const regions = ['-r', 'us-east-1', 'eu-central-1']
  const { stdout } = await run(join(tools, 'cfn-lint'), [...regions, '-t', await written(makeTemplate())])
  expect(stdout).toBe('')
})

test('checkov finds nothing of any severity but what is waived', { timeout: 240_000 }, async () => {
  const report = await checkov(makeTemplate())
  expect(report.results.failed_checks.map((it) => `${it.check_id} ${it.resource}`)).toEqual([])
  expect(report.summary.passed).toBeGreaterThan(50)
})

test('checkov is really asked: a bucket open to the public is found', { timeout: 240_000 }, async () => {
  const template = structuredClone(makeTemplate())
  delete template.Resources.Bucket!.Properties!.PublicAccessBlockConfiguration
  const found = (await checkov(template)).results.failed_checks.map((it) => it.check_id)
  expect(found).toContain('CKV_AWS_53')
})

test('each waiver gives its reason', () => {
  const skips = Object.values(makeTemplate().Resources).flatMap((resource) => {
    const metadata = resource.Metadata as
      | { checkov?: { skip: { id: string; comment: string }[] } }
      | undefined
    return metadata?.checkov?.skip ?? []
  })
  expect(skips.length).toBeGreaterThan(0)
  for (const { id, comment } of skips) expect(comment, id).toMatch(/^.{40,}\.$/)
})
