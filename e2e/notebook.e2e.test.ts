// The notebook and the Streamlit page of examples/, run without a browser against a stack of their own.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serviceEnv } from '../stack/environment.ts'
import { type Stack, startStack } from '../stack/stack.ts'
import { projectDir, run } from './compose-project.ts'

const examples = join(projectDir, 'examples')
const dir = mkdtempSync(join(tmpdir(), 'ticklake-notebook-'))
let stack: Stack
let env: Record<string, string>

beforeAll(async () => {
  stack = await startStack({ dir: join(dir, 'stack'), ports: 'free', bucket: 'ticklake' })
  mkdirSync(join(dir, 'home'))
  env = {
    ...serviceEnv(stack.env, { CONSUMER_HEALTH_PORT: '0', CONSUMER_FLUSH_AFTER_MS: '1000' }),
    PATH: process.env.PATH ?? '',
    HOME: join(dir, 'home'),
  }
})

afterAll(async () => {
  await stack?.stop()
  rmSync(dir, { recursive: true, force: true })
})

/** A virtual environment with what the list pins. Out: the folder of its programs. */
async function installed(list: string): Promise<string> {
  const venv = join(dir, list)
  await run('python3', ['-m', 'venv', venv])
  const safely = ['--require-hashes', '--only-binary', ':all:', '--quiet', '--disable-pip-version-check']
  await run(join(venv, 'bin/pip'), ['install', ...safely, '-r', join(examples, `${list}.txt`)])
  return join(venv, 'bin')
}

test('the notebook sends rows and reads them with boto3, PyAthena and awswrangler', async () => {
  const bin = await installed('requirements')
  const output = join(dir, 'notebook.ipynb')
  const flags = ['--timeout=300', `--output=${output}`]
  await run(join(bin, 'jupyter-execute'), [...flags, join(examples, 'notebook.ipynb')], env)
  const { cells } = JSON.parse(readFileSync(output, 'utf8')) as { cells: { outputs?: unknown[] }[] }
  const outputs = JSON.stringify(cells.flatMap((cell) => cell.outputs ?? []))
  expect(outputs).toContain('500 rows sent')
  expect(outputs).toContain('500 rows in the lake')
  expect(outputs).toContain('image/png')
})

test('the page shows what the notebook has sent', async () => {
  const bin = await installed('streamlit-requirements')
  const program = `
from streamlit.testing.v1 import AppTest
page = AppTest.from_file(${JSON.stringify(join(examples, 'streamlit_page.py'))}, default_timeout=120).run()
page.button[0].click().run()
print(page.metric[0].value, len(page.selectbox[0].options), len(page.dataframe), [e.value for e in page.exception], [e.value for e in page.error])
`
  const printed = await run(join(bin, 'python'), ['-c', program], env)
  expect(printed).toMatch(/^500 \d+ 1 \[\] \[\]$/m)
})
