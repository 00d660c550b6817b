// Finds the constraints of the model that a request breaks, in AWS's words, up to a limit.
import { kindOf } from './json-kind.ts'
import type { RequestModel, Shape } from './model.ts'
import { rulesOf, satisfiesRules } from './rules.ts'

/** At most this many are searched for: otherwise a million wrong items would all be found and described. */
const mostFound = 1_000
/** At most this many are named: a list of thousands would make a message of megabytes. */
const mostListed = 20
const longestShown = 300
const longestKey = 255

/** AWS's message for a request that breaks constraints; undefined for one that breaks none. */
export function validationMessage(
  { shapes }: Pick<RequestModel, 'shapes'>,
  shape: Shape,
  request: object,
): string | undefined {
  const found: string[] = []
  findInStructure(shape, request as Record<string, unknown>, '')
  if (found.length === 0) return undefined
  const count = `${found.length} validation error${found.length > 1 ? 's' : ''} detected`
  return `${count}: ${found.slice(0, mostListed).join('; ')}`

  function findInStructure(shape: Shape, value: Record<string, unknown>, path: string): void {
    for (const name in shape.members) {
      if (Object.hasOwn(value, name)) find(shapes[shape.members[name]!]!, value[name], below(path, name))
      else if (shape.required?.includes(name)) add('null', below(path, name), 'Member must not be null')
    }
  }

  function find(shape: Shape, value: unknown, path: string): void {
    for (const { text, holds } of rulesOf(shape)) if (!holds(value)) add(shown(value), path, text)
    if (shape.members) findInStructure(shape, value as Record<string, unknown>, path)
    else if (shape.member) findInList(shapes[shape.member]!, value as unknown[], path)
    else if (shape.key && shape.value) findInMap(shape, value as Record<string, unknown>, path)
  }

  /** Items that are structures are named by their number; for simple items the message names the list. */
  function findInList(item: Shape, values: readonly unknown[], path: string): void {
    if (isSimple(item)) findInItems(item, values, values, path)
    else findInEach(item, values.entries(), (i) => `${path}.${i + 1}.member`)
  }

  function findInMap(shape: Shape, values: Record<string, unknown>, path: string): void {
    const [key, value] = [shapes[shape.key!]!, shapes[shape.value!]!]
    const before = found.length
    findInItems(key, Object.keys(values), values, path)
    if (found.length > before) return
    if (isSimple(value)) findInItems(value, Object.values(values), values, path)
    else findInEach(value, Object.entries(values), (name) => `${path}.${name.slice(0, longestKey)}.member`)
  }

  function findInEach<Key>(
    shape: Shape,
    entries: Iterable<[Key, unknown]>,
    pathOf: (key: Key) => string,
  ): void {
    for (const [key, value] of entries) {
      if (found.length >= mostFound) return
      find(shape, value, pathOf(key))
    }
  }

  function findInItems(item: Shape, values: readonly unknown[], owner: unknown, path: string): void {
    if (values.every((value) => satisfiesRules(item, value))) return
    const rules = rulesOf(item).map(({ text }) => text)
    add(shown(owner), path, `Member must satisfy constraint: [${rules.join(', ')}]`)
  }

  function add(value: string, path: string, rule: string): void {
    found.push(`Value ${value} at '${path}' failed to satisfy constraint: ${rule}`)
  }
}

const isSimple = ({ members, member, key }: Shape) => !members && !member && !key

function below(path: string, name: string): string {
  const own = name.slice(0, 1).toLowerCase() + name.slice(1)
  return path === '' ? own : `${path}.${own}`
}

/** Enough of a value to recognize it. */
function shown(value: unknown): string {
  if (Array.isArray(value)) {
    const isShort = value.length <= 10 && value.every((item) => typeof item === 'string')
    return `'[${isShort ? cut(value.join(', ')) : `${value.length} elements`}]'`
  }
  if (kindOf(value) === 'object') return `'{${cut(Object.keys(value as object).join(', '))}}'`
  return `'${cut(String(value))}'`
}

const cut = (text: string) => (text.length > longestShown ? `${text.slice(0, longestShown)}...` : text)
