// Writes the table of Glue's operations into docs/local-aws.md, from the code that serves them.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Catalog } from '../../local-aws/glue/operations.ts'
import { projectDir } from '../../stack/paths.ts'

const start = '<!-- glue operations -->\n'
const end = '<!-- end of glue operations -->'
const page = join(projectDir, 'docs/local-aws.md')

/** The page with the table as the code has it. */
export function withOperations(text: string): string {
  const [before, rest = ''] = text.split(start)
  return `${before}${start}${table()}${rest.slice(rest.indexOf(end))}`
}

function table(): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'glue-operations-'))
  const catalog = new Catalog({ dataDir, accountId: '000000000000', region: 'us-east-1', s3Endpoint: '' })
  const rows = Object.entries(catalog.operations).map(
    ([group, handlers]) => `| ${group} | ${Object.keys(handlers).join(', ')} |\n`,
  )
  catalog.close()
  rmSync(dataDir, { recursive: true })
  return `\n| group | operations |\n|---|---|\n${rows.join('')}\n`
}

if (import.meta.main) writeFileSync(page, withOperations(readFileSync(page, 'utf8')))
