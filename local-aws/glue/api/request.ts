// Checks a request against the shape that Glue's service model gives it, in AWS's order and words.
import { GlueError } from './errors.ts'
import { type Kind, kindOf, wrongType } from './json-kind.ts'
import { patternTest } from './pattern.ts'
import { requestShape, type Shape, shapeOf } from './request-shapes.ts'

/** What answers an operation: gets a request that has passed its check. */
export type Handler = (request: never) => object
export type Handlers = Readonly<Record<string, Handler>>

const kinds: Readonly<Record<string, Kind>> = {
  string: 'text',
  blob: 'text',
  integer: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  timestamp: 'number',
  boolean: 'boolean',
  list: 'list',
  map: 'object',
  structure: 'object',
}

/**
 * Checks a request and drops what counts as absent (null). Members that the shape does not have pass unchecked.
 * @throws GlueError SerializationException for a wrong JSON type, ValidationException with every finding at once
 */
export function checkedRequest(operation: string, body: unknown): object {
  if (body !== undefined && body !== null && kindOf(body) !== 'object') throw wrongType(body, 'object')
  const request = withoutNulls(body ?? {}) as Record<string, unknown>
  const shape = requestShape(operation)
  if (!shape) return request
  checkTypes(shape, request, '')
  const findings = structureFindings(shape, request, '')
  if (findings.length > 0) {
    const count = `${findings.length} validation error${findings.length > 1 ? 's' : ''} detected`
    throw new GlueError('ValidationException', `${count}: ${findings.join('; ')}`)
  }
  return request
}

function checkTypes(shape: Shape, value: unknown, name: string): void {
  const wanted = kinds[shape.type]
  if (wanted === undefined) return
  // As the JSON protocol writes what a JSON number cannot be.
  if (shape.type === 'double' && ['NaN', 'Infinity', '-Infinity'].includes(value as string)) return
  if (kindOf(value) !== wanted) throw wrongType(value, wanted)
  if (shape.type === 'integer' && !Number.isSafeInteger(value)) {
    throw new GlueError('SerializationException', `${name} can not be converted to an Integer`)
  }
  if (shape.member) {
    const member = shapeOf(shape.member)
    for (const item of value as unknown[]) checkTypes(member, item, name)
  } else if (shape.value) {
    const member = shapeOf(shape.value)
    for (const item of Object.values(value as object)) checkTypes(member, item, name)
  } else if (shape.members) {
    for (const [own, item] of Object.entries(value as object)) {
      const member = memberShape(shape, own)
      if (member) checkTypes(member, item, own)
    }
  }
}

function structureFindings(shape: Shape, value: Record<string, unknown>, path: string): string[] {
  const missing = (shape.required ?? [])
    .filter((name) => value[name] === undefined)
    .map((name) => finding('null', below(path, name), 'Member must not be null'))
  const members = Object.entries(value).flatMap(([name, item]) => {
    const member = memberShape(shape, name)
    return member ? findingsOf(member, item, below(path, name)) : []
  })
  return [...missing, ...members]
}

function findingsOf(shape: Shape, value: unknown, path: string): string[] {
  const own = rulesBroken(shape, value).map((rule) => finding(shown(value), path, rule))
  if (shape.members) own.push(...structureFindings(shape, value as Record<string, unknown>, path))
  else if (shape.member) own.push(...listFindings(shapeOf(shape.member), value as unknown[], path))
  else if (shape.key && shape.value) own.push(...mapFindings(shape, value as Record<string, unknown>, path))
  return own
}

/** Items that are structures are named by their number; what is wrong with simple items is said of the list. */
function listFindings(item: Shape, values: readonly unknown[], path: string): string[] {
  if (item.members || item.member || item.key) {
    return values.flatMap((value, i) => findingsOf(item, value, `${path}.${i + 1}.member`))
  }
  const isBroken = values.some((value) => rulesBroken(item, value).length > 0)
  return isBroken ? [memberFinding(item, values, path)] : []
}

function mapFindings(shape: Shape, values: Record<string, unknown>, path: string): string[] {
  const [key, value] = [shapeOf(shape.key!), shapeOf(shape.value!)]
  const entries = Object.entries(values)
  if (entries.some(([name]) => rulesBroken(key, name).length > 0)) return [memberFinding(key, values, path)]
  if (value.members || value.member) {
    return entries.flatMap(([name, item]) => findingsOf(value, item, `${path}.${name}.member`))
  }
  return entries.some(([, item]) => rulesBroken(value, item).length > 0)
    ? [memberFinding(value, values, path)]
    : []
}

function memberFinding(shape: Shape, values: unknown, path: string): string {
  const rule = `Member must satisfy constraint: [${rulesOf(shape).join(', ')}]`
  return finding(shown(values), path, rule)
}

interface Rule {
  readonly text: string
  readonly holds: (value: unknown) => boolean
}
const rulesByShape = new WeakMap<Shape, readonly Rule[]>()

function rulesFor(shape: Shape): readonly Rule[] {
  const known = rulesByShape.get(shape)
  if (known) return known
  const rules = makeRules(shape)
  rulesByShape.set(shape, rules)
  return rules
}

function makeRules({ type, min, max, pattern, enum: values }: Shape): Rule[] {
  const rules: Rule[] = []
  const isNumber = kinds[type] === 'number'
  const size = isNumber ? (value: unknown) => Number(value) : sizeOf
  const what = isNumber ? 'value' : 'length'
  // NaN is neither above nor below a bound.
  if (max !== undefined) {
    const text = `Member must have ${what} less than or equal to ${max}`
    rules.push({ text, holds: (value) => !(size(value) > max) })
  }
  if (min !== undefined) {
    const text = `Member must have ${what} greater than or equal to ${min}`
    rules.push({ text, holds: (value) => !(size(value) < min) })
  }
  if (pattern !== undefined) {
    const text = `Member must satisfy regular expression pattern: ${pattern}`
    const test = patternTest(pattern)
    rules.push({ text, holds: (value) => test(value as string) })
  }
  if (values) {
    const text = `Member must satisfy enum value set: [${values.join(', ')}]`
    rules.push({ text, holds: (value) => values.includes(value as string) })
  }
  return rules
}

const rulesOf = (shape: Shape) => rulesFor(shape).map(({ text }) => text)

function rulesBroken(shape: Shape, value: unknown): string[] {
  const broken: string[] = []
  for (const { text, holds } of rulesFor(shape)) if (!holds(value)) broken.push(text)
  return broken
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  return Array.isArray(value) ? value.length : Object.keys(value as object).length
}

function memberShape(shape: Shape, name: string): Shape | undefined {
  return shape.members && Object.hasOwn(shape.members, name) ? shapeOf(shape.members[name]!) : undefined
}

function below(path: string, name: string): string {
  const own = name.slice(0, 1).toLowerCase() + name.slice(1)
  return path === '' ? own : `${path}.${own}`
}

function finding(value: string, path: string, rule: string): string {
  return `Value ${value} at '${path}' failed to satisfy constraint: ${rule}`
}

/** Enough of a value to know it by. */
function shown(value: unknown): string {
  if (Array.isArray(value)) {
    const isShort = value.length <= 10 && value.every((item) => typeof item === 'string')
    return `'[${isShort ? cut(value.join(', ')) : `${value.length} elements`}]'`
  }
  if (kindOf(value) === 'object') return `'{${cut(Object.keys(value as object).join(', '))}}'`
  return `'${cut(String(value))}'`
}

const longestShown = 300
const cut = (text: string) => (text.length > longestShown ? `${text.slice(0, longestShown)}...` : text)

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  // Not by assignment: a member that is called __proto__ would become the prototype.
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null && member !== undefined)
      .map(([name, member]) => [name, withoutNulls(member)]),
  )
}

/** The named members of an input that it has: what else was sent is not Glue's and is dropped. */
export function pick<T extends object>(input: T, names: readonly (keyof T & string)[]): T {
  const picked: Partial<T> = {}
  for (const name of names) if (input[name] !== undefined) picked[name] = input[name]
  return picked as T
}
