// JSON schemas: whether a definition is valid, and whether it accepts everything that another accepts.

type JsonSchema = boolean | { readonly [keyword: string]: unknown }
type Rules = { readonly [keyword: string]: unknown }

const types = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']

/** Deeper schemas are refused, since the comparison recurses into both. */
const deepest = 50

/** Why the definition is not a JSON schema; undefined for a valid one. */
export function jsonSchemaProblem(definition: string): string | undefined {
  const invalid = (why: string) => `Schema definition of JSON data format is invalid: ${why}`
  try {
    const wrong = wrongPart(JSON.parse(definition), '#', 0)
    return wrong && invalid(wrong)
  } catch (error) {
    return invalid((error as Error).message)
  }
}

function wrongPart(schema: unknown, path: string, depth: number): string | undefined {
  if (typeof schema === 'boolean') return undefined
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return `${path} is no schema`
  if (depth > deepest) return `${path} is nested more than ${deepest} levels deep`
  const { type, required } = schema as Rules
  const named = Array.isArray(type) ? type : type === undefined ? [] : [type]
  const unknown = named.find((name) => !types.includes(name))
  if (unknown !== undefined) return `${path}/type: ${JSON.stringify(unknown)} is no type`
  if (required !== undefined && !isTextList(required)) return `${path}/required is no list of names`
  for (const [name, part] of partsOf(schema as Rules)) {
    const wrong = wrongPart(part, `${path}/${name}`, depth + 1)
    if (wrong) return wrong
  }
  return undefined
}

function partsOf(schema: Rules): [string, unknown][] {
  const maps = ['properties', 'patternProperties', 'definitions', '$defs'].flatMap((keyword) =>
    Object.entries((schema[keyword] ?? {}) as object).map(([name, part]): [string, unknown] => [
      `${keyword}/${name}`,
      part,
    ]),
  )
  const single = ['additionalProperties', 'not'].flatMap((keyword): [string, unknown][] =>
    schema[keyword] === undefined ? [] : [[keyword, schema[keyword]]],
  )
  const lists = ['allOf', 'anyOf', 'oneOf'].flatMap((keyword) =>
    Array.isArray(schema[keyword])
      ? schema[keyword].map((part, i): [string, unknown] => [`${keyword}/${i}`, part])
      : [],
  )
  const items: [string, unknown][] =
    schema.items === undefined || Array.isArray(schema.items) ? [] : [['items', schema.items]]
  return [...maps, ...single, ...lists, ...items]
}

/** Whether the reader accepts everything that the writer accepts, as far as the keywords below tell. */
export function jsonSchemaReads(reader: string, writer: string): boolean {
  const [a, b] = [JSON.parse(reader) as JsonSchema, JSON.parse(writer) as JsonSchema]
  return accepts(a, b, { reader: a, writer: b }, 0)
}

interface Roots {
  readonly reader: JsonSchema
  readonly writer: JsonSchema
}

function accepts(readerPart: JsonSchema, writerPart: JsonSchema, roots: Roots, depth: number): boolean {
  // Schemas that refer to themselves: a pair that is already being compared counts as compatible.
  if (depth > deepest) return true
  const reader = resolved(readerPart, roots.reader)
  const writer = resolved(writerPart, roots.writer)
  if (reader === true || isAnything(reader)) return true
  if (writer === false) return true
  if (reader === false || writer === true) return false
  if (JSON.stringify(reader) === JSON.stringify(writer)) return true
  const into = (a: JsonSchema, b: JsonSchema) => accepts(a, b, roots, depth + 1)
  const wider = alternatives(writer)
  if (wider) return wider.every((option) => into(reader, option))
  const options = alternatives(reader)
  if (options) return options.some((option) => into(option, writer))
  return (
    acceptsTypes(reader, writer) &&
    acceptsValues(reader, writer) &&
    acceptsLimits(reader, writer) &&
    acceptsProperties(reader, writer, into) &&
    acceptsItems(reader, writer, into)
  )
}

const isAnything = (schema: JsonSchema) =>
  typeof schema === 'object' &&
  Object.keys(schema).every((keyword) =>
    ['$schema', '$id', 'title', 'description', 'default', 'examples'].includes(keyword),
  )

function resolved(schema: JsonSchema, root: JsonSchema): boolean | Rules {
  let part: unknown = schema
  for (let hops = 0; hops < deepest; hops++) {
    const reference = typeof part === 'object' && part !== null ? (part as Rules).$ref : undefined
    if (typeof reference !== 'string' || !reference.startsWith('#')) break
    part = root
    for (const name of reference.slice(1).split('/').filter(Boolean)) {
      part = (part as Rules | undefined)?.[name.replaceAll('~1', '/').replaceAll('~0', '~')]
    }
    if (part === undefined) return true
  }
  return part as boolean | Rules
}

const alternatives = ({ anyOf, oneOf }: Rules) => (anyOf ?? oneOf) as JsonSchema[] | undefined

function typesOf({ type }: Rules): string[] {
  const named = type === undefined ? types : [type].flat()
  return (named as string[]).flatMap((name) => (name === 'number' ? ['number', 'integer'] : [name]))
}

function acceptsTypes(reader: Rules, writer: Rules): boolean {
  const accepted = typesOf(reader)
  return typesOf(writer).every((type) => accepted.includes(type))
}

function acceptsValues(reader: Rules, writer: Rules): boolean {
  const values = (schema: Rules) =>
    (schema.enum as unknown[] | undefined) ?? ('const' in schema ? [schema.const] : undefined)
  const accepted = values(reader)?.map((value) => JSON.stringify(value))
  if (!accepted) return true
  return values(writer)?.every((value) => accepted.includes(JSON.stringify(value))) ?? false
}

const upperLimits = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties']
const lowerLimits = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties']

function acceptsLimits(reader: Rules, writer: Rules): boolean {
  const holds = (keyword: string, isWithin: (theirs: number, ours: number) => boolean) => {
    const [ours, theirs] = [reader[keyword], writer[keyword]]
    if (typeof ours !== 'number') return true
    return typeof theirs === 'number' && isWithin(theirs, ours)
  }
  return (
    upperLimits.every((keyword) => holds(keyword, (theirs, ours) => theirs <= ours)) &&
    lowerLimits.every((keyword) => holds(keyword, (theirs, ours) => theirs >= ours)) &&
    (reader.pattern === undefined || reader.pattern === writer.pattern) &&
    (reader.uniqueItems !== true || writer.uniqueItems === true)
  )
}

type Accepts = (reader: JsonSchema, writer: JsonSchema) => boolean

function acceptsProperties(reader: Rules, writer: Rules, into: Accepts): boolean {
  if (!typesOf(writer).includes('object')) return true
  const propertiesOf = (schema: Rules) => (schema.properties ?? {}) as Record<string, JsonSchema>
  const requiredOf = (schema: Rules) => (isTextList(schema.required) ? schema.required : [])
  const others = (schema: Rules) => (schema.additionalProperties ?? true) as JsonSchema
  const [ours, theirs] = [propertiesOf(reader), propertiesOf(writer)]
  if (!requiredOf(reader).every((name) => requiredOf(writer).includes(name))) return false
  const shared = Object.entries(theirs).every(([name, schema]) =>
    into(Object.hasOwn(ours, name) ? ours[name]! : others(reader), schema),
  )
  // Properties that the writer allows without defining them may have one of the reader's names.
  const added = Object.entries(ours).every(
    ([name, schema]) =>
      Object.hasOwn(theirs, name) || others(writer) === true || into(schema, others(writer)),
  )
  return (
    shared &&
    added &&
    (others(writer) === true ? others(reader) !== false : into(others(reader), others(writer)))
  )
}

function acceptsItems(reader: Rules, writer: Rules, into: Accepts): boolean {
  if (!typesOf(writer).includes('array')) return true
  const itemsOf = (schema: Rules) =>
    (Array.isArray(schema.items) ? true : (schema.items ?? true)) as JsonSchema
  return into(itemsOf(reader), itemsOf(writer))
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
