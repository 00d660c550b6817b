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

async function written(template: Template, name = 'template'): Promise<string> {
  const file = join(folder, `${name}.yaml`)
  await writeFile(file, templateYaml(template))
  return file
}

interface Report {
  readonly results: { readonly failed_checks: readonly FailedCheck[] }
  readonly summary: { readonly passed: number; readonly skipped: number }
}

interface FailedCheck {
  readonly check_id: string
  readonly resource: string
  readonly file_path: string
}

async function checkov(files: readonly string[]): Promise<Report> {
  const flags = ['--framework', 'cloudformation', '--skip-download', '--output', 'json', '--soft-fail']
  // Its report repeats the template, boot script and all, for each check.
  const { stdout } = await run(join(tools, 'checkov'), ['-f', ...files, ...flags], {
    maxBuffer: 64 * 2 ** 20,
  })
  return JSON.parse(stdout)
}

test('cfn-lint has nothing to say, in two regions', { timeout: 120_000 }, async () => {
  const regions = ['-r', 'us-east-1', 'eu-central-1']
  const { stdout } = await run(join(tools, 'cfn-lint'), [...regions, '-t', await written(makeTemplate())])
  expect(stdout).toBe('')
})

// One run for both, since starting it costs more than checking.
test('checkov finds nothing of any severity but what is waived, and does find a bucket open to the public', {
  timeout: 240_000,
}, async () => {
  const open = structuredClone(makeTemplate())
  delete open.Resources.Bucket!.Properties!.PublicAccessBlockConfiguration
  const files = [await written(makeTemplate(), 'ours'), await written(open, 'open')]
  const { results, summary } = await checkov(files)
  const failed = (name: string) =>
    results.failed_checks.filter((it) => it.file_path.endsWith(`/${name}.yaml`))
  expect(failed('ours').map((it) => `${it.check_id} ${it.resource}`)).toEqual([])
  expect(failed('open').map((it) => it.check_id)).toContain('CKV_AWS_53')
  expect(failed('open')).toHaveLength(results.failed_checks.length)
  expect(summary.passed).toBeGreaterThan(100)
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
