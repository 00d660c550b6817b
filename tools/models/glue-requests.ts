// Writes local-aws/glue/api/request-shapes.json: members and constraints of the requests that the local Glue serves.
//
// In: Glue's service model, a file of botocore: `pip download --no-deps botocore`, unzip the wheel, gunzip
// botocore/data/glue/2017-03-31/service-2.json.gz. Run: node tools/models/glue-requests.ts path/to/service-2.json
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Catalog } from '../../local-aws/glue/operations.ts'
import { projectDir } from '../../stack/paths.ts'

interface ModelShape {
  type: string
  /** Any JSON. */
  document?: boolean
  members?: Record<string, { shape: string }>
  required?: string[]
  member?: { shape: string }
  key?: { shape: string }
  value?: { shape: string }
  min?: number
  max?: number
  pattern?: string
  enum?: string[]
}
interface Model {
  operations: Record<string, { input?: { shape: string } }>
  shapes: Record<string, ModelShape>
}

const [, , modelFile] = process.argv
if (!modelFile) throw new Error('usage: node tools/models/glue-requests.ts path/to/service-2.json')
const model = JSON.parse(readFileSync(modelFile, 'utf8')) as Model
const operationNames = servedOperations()

const shapes = new Map<string, object>()
const operations = operationNames.map((name) => {
  const input = model.operations[name]?.input?.shape
  if (!model.operations[name]) throw new Error(`the model has no operation ${name}`)
  if (input) collect(input)
  return [name, input ?? '']
})
const lines = (entries: Iterable<readonly unknown[]>) =>
  Array.from(entries, ([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`)
    .sort()
    .join(',\n')
writeFileSync(
  join(projectDir, 'local-aws/glue/api/request-shapes.json'),
  `{\n  "operations": {\n${lines(operations)}\n  },\n  "shapes": {\n${lines(shapes)}\n  }\n}\n`,
)
const refused = Object.keys(model.operations).filter((name) => !operationNames.includes(name))
writeFileSync(
  join(projectDir, 'local-aws/glue/api/refused-operations.json'),
  `[\n${refused
    .sort()
    .map((name) => `  ${JSON.stringify(name)}`)
    .join(',\n')}\n]\n`,
)

function servedOperations(): string[] {
  const dataDir = mkdtempSync(join(tmpdir(), 'glue-model-'))
  const catalog = new Catalog({ dataDir, accountId: '000000000000', region: 'us-east-1', s3Endpoint: '' })
  const names = Object.values(catalog.operations).flatMap((handlers) => Object.keys(handlers))
  catalog.close()
  rmSync(dataDir, { recursive: true })
  return names
}

/** Notes a shape and what it refers to, without what no check needs. */
function collect(name: string): void {
  if (shapes.has(name)) return
  const {
    type,
    document,
    members,
    required,
    member,
    key,
    value,
    min,
    max,
    pattern,
    enum: values,
  } = model.shapes[name]!
  if (document) return void shapes.set(name, { type: 'document' })
  const names = Object.entries(members ?? {}).map(([own, { shape }]) => [own, shape])
  shapes.set(name, {
    type,
    ...(members ? { members: Object.fromEntries(names) } : {}),
    ...(required?.length ? { required } : {}),
    ...(member ? { member: member.shape } : {}),
    ...(key && value ? { key: key.shape, value: value.shape } : {}),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(pattern === undefined ? {} : { pattern }),
    ...(values ? { enum: values } : {}),
  })
  for (const [, shape] of names) collect(shape!)
  for (const part of [member, key, value]) if (part) collect(part.shape)
}
