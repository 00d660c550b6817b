// The CloudFormation template, assembled from template/*.yaml, with the instance's scripts inserted.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Pair, parseDocument, Scalar, stringify, type Tags, YAMLMap, YAMLSeq } from 'yaml'

export interface Template {
  readonly AWSTemplateFormatVersion: string
  readonly Description: string
  readonly Parameters: Record<string, Parameter>
  readonly Mappings: Record<string, unknown>
  readonly Conditions: Record<string, unknown>
  readonly Resources: Record<string, Resource>
  readonly Outputs: Record<string, { Description: string; Value: unknown }>
}

export interface Parameter {
  readonly Type: string
  readonly Default?: string | number
  readonly Description: string
  readonly AllowedPattern?: string
  readonly AllowedValues?: readonly string[]
}

export interface Resource {
  readonly Type: string
  readonly DependsOn?: string | readonly string[]
  readonly Properties?: Record<string, unknown>
  readonly [attribute: string]: unknown
}

type Part = Partial<Record<(typeof sections)[number], Record<string, unknown>>>

const sections = ['Parameters', 'Mappings', 'Conditions', 'Resources', 'Outputs'] as const

/** AWS's limits: a template in a request, and user data before it is encoded. */
export const MAX_TEMPLATE_BYTES = 51_200
export const MAX_USER_DATA_BYTES = 16_384

/** @throws Error that names the part when it is not YAML, has an unknown tag, or repeats a name of another part */
export function makeTemplate(): Template {
  const folder = import.meta.dirname
  // User data has little space: comments are removed from the scripts.
  const script = (name: string) => readFileSync(join(folder, name), 'utf8').replace(/^ *#(?!!).*\n/gm, '')
  const merged: Required<Part> = { Parameters: {}, Mappings: {}, Conditions: {}, Resources: {}, Outputs: {} }
  for (const name of readdirSync(join(folder, 'template')).sort()) {
    const part = readPart(join(folder, 'template', name))
    for (const section of sections) {
      for (const [key, value] of Object.entries(part[section] ?? {})) {
        if (key in merged[section])
          throw new Error(`template/${name}: ${section}.${key} is in another part too`)
        merged[section][key] = value
      }
    }
  }
  const whole = {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'ticklake: a Kafka broker on EC2, and a lake of S3, Glue and Athena',
    ...merged,
  }
  return ['broker-boot.sh', 'broker-health.sh'].reduce<unknown>(
    (template, name) => withText(template, `@${name}@`, script(name)),
    whole,
  ) as Template
}

/** The template as text that CloudFormation, its console and linters read. */
export function templateYaml(template: Template): string {
  return stringify(template, { aliasDuplicateObjects: false, lineWidth: 0 })
}

function readPart(path: string): Part {
  const document = parseDocument(readFileSync(path, 'utf8'), { customTags: shortForms })
  const problem = document.errors[0] ?? document.warnings[0]
  if (problem) throw new Error(`${path}: ${problem.message}`)
  return document.toJS() as Part
}

function withText(value: unknown, mark: string, text: string): unknown {
  if (value === mark) return text
  if (Array.isArray(value)) return value.map((item) => withText(item, mark, text))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withText(item, mark, text)]))
}

/** `!Sub x` becomes `{ Fn::Sub: x }`, and so on: the short forms are YAML tags, which plain values cannot hold. */
const shortForms: Tags = [
  'Ref',
  'Sub',
  'GetAtt',
  'Join',
  'Split',
  'Select',
  'If',
  'Equals',
  'Not',
  'FindInMap',
  'GetAZs',
].flatMap((name) => {
  const key = name === 'Ref' ? 'Ref' : `Fn::${name}`
  return [
    {
      tag: `!${name}`,
      resolve: (text: string) => ({ [key]: name === 'GetAtt' ? splitOnce(text, '.') : text }),
    },
    {
      tag: `!${name}`,
      collection: 'seq' as const,
      resolve: (node: YAMLMap.Parsed | YAMLSeq.Parsed) => {
        const long = new YAMLMap()
        const arguments_ = new YAMLSeq()
        arguments_.items = node.items
        long.items = [new Pair(new Scalar(key), arguments_)]
        return long
      },
    },
  ]
})

function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by)
  return [text.slice(0, at), text.slice(at + by.length)]
}
