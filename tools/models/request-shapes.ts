// Writes request-shapes.json of a service in local-aws: members and constraints of the requests that are served here.
//
// In: the service's model, a file of botocore: `pip download --no-deps botocore`, unzip the wheel, gunzip
// botocore/data/athena/2017-05-18/service-2.json.gz or botocore/data/glue/2017-03-31/service-2.json.gz.
// Run: node tools/models/request-shapes.ts athena|glue path/to/service-2.json
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RequestModel, Shape } from '../../local-aws/requests/model.ts'
import { projectDir } from '../../stack/paths.ts'
import { athenaGroups, glueGroups } from '../docs/local-aws-page.ts'

interface Ref {
  readonly shape: string
}
interface ModelShape extends Omit<Shape, 'members' | 'member' | 'key' | 'value'> {
  /** Any JSON. */
  readonly document?: boolean
  readonly members?: Readonly<Record<string, Ref>>
  readonly member?: Ref
  readonly key?: Ref
  readonly value?: Ref
}
interface Model {
  readonly operations: Readonly<Record<string, { readonly input?: Ref }>>
  readonly shapes: Readonly<Record<string, ModelShape>>
}

const [, , service, modelFile] = process.argv
const groups = { athena: athenaGroups, glue: glueGroups }[service ?? '']
if (!groups || !modelFile) {
  throw new Error('usage: node tools/models/request-shapes.ts athena|glue path/to/service-2.json')
}
const model = JSON.parse(readFileSync(modelFile, 'utf8')) as Model
const api = join(projectDir, 'local-aws', service!, 'api')
const served = await servedOperations()

const operations: Record<string, string> = {}
const shapes: Record<string, Shape> = {}
for (const name of served) {
  const operation = model.operations[name]
  if (!operation) throw new Error(`the model has no operation ${name}`)
  operations[name] = operation.input?.shape ?? ''
  if (operation.input) collect(operation.input.shape)
}
writeFileSync(join(api, 'request-shapes.json'), modelText({ operations, shapes }))
if (service === 'glue') {
  const refused = Object.keys(model.operations).filter((name) => !served.includes(name))
  const lines = refused.sort().map((name) => `  ${JSON.stringify(name)}`)
  writeFileSync(join(api, 'refused-operations.json'), `[\n${lines.join(',\n')}\n]\n`)
}

/** Those of a group that is refused are so whatever they ask. */
async function servedOperations(): Promise<string[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'service-model-'))
  try {
    const answered = Object.entries(await groups!(dataDir)).filter(([group]) => !group.endsWith('(refused)'))
    return answered.flatMap(([, handlers]) => Object.keys(handlers))
  } finally {
    rmSync(dataDir, { recursive: true })
  }
}

/** Notes a shape and what it refers to, without what no check needs. */
function collect(name: string): void {
  if (shapes[name]) return
  const { type, document, members, required, member, key, value, min, max, pattern, ...more } =
    model.shapes[name]!
  if (document) {
    shapes[name] = { type: 'document' }
    return
  }
  const refs = Object.entries(members ?? {}).map(([own, { shape }]) => [own, shape] as const)
  shapes[name] = {
    type,
    ...(members && { members: Object.fromEntries(refs) }),
    ...(required?.length && { required }),
    ...(member && { member: member.shape }),
    ...(key && value && { key: key.shape, value: value.shape }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(pattern !== undefined && { pattern }),
    ...(more.enum && { enum: more.enum }),
  }
  for (const [, shape] of refs) collect(shape)
  for (const part of [member, key, value]) if (part) collect(part.shape)
}

/** A line for each operation and shape, sorted. */
function modelText(written: RequestModel): string {
  const parts = Object.entries(written).map(([part, entries]) => {
    const lines = Object.entries(entries).map(([name, entry]) => `    "${name}": ${JSON.stringify(entry)}`)
    return `  "${part}": {\n${lines.sort().join(',\n')}\n  }`
  })
  return `{\n${parts.join(',\n')}\n}\n`
}
