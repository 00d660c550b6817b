// The how-to on Testcontainers as in another project: the page's own lines are run.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePortNumbers } from '../stack/ports.ts'
import { projectDir, run } from './compose-project.ts'

test('the local Athena in a project’s own tests, as docs/how-to.md says', async () => {
  const page = readFileSync(join(projectDir, 'docs/how-to.md'), 'utf8')
  const lines = /^```ts\n(.*?)^```$/ms.exec(page)![1]!
  const theirTest = `
    const { AthenaClient, ListDatabasesCommand } = await import('@aws-sdk/client-athena')
    const { DatabaseList } = await new AthenaClient({}).send(new ListDatabasesCommand({ CatalogName: 'AwsDataCatalog' }))
    console.log('databases', DatabaseList.length)`
  // Inside the project, so that its packages are found.
  mkdirSync(join(projectDir, '.local'), { recursive: true })
  const dir = mkdtempSync(join(projectDir, '.local/how-to-'))
  try {
    const script = join(dir, 'test.mjs')
    writeFileSync(
      script,
      lines.replace('path/to/ticklake', projectDir).replace('// here your tests', theirTest),
    )
    const [kafka, aws, web] = await freePortNumbers(3)
    const said = await run('node', [script], {
      TICKLAKE_KAFKA_PORT: String(kafka),
      TICKLAKE_AWS_PORT: String(aws),
      TICKLAKE_PAGE_PORT: String(web),
      AWS_ENDPOINT_URL: `http://127.0.0.1:${aws}`,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    })
    expect(said).toMatch(/databases \d/)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
