// Hive's column types as a tree, so that the types of one column in several objects can be merged.

export type HiveType =
  | { readonly kind: 'primitive'; readonly name: string }
  | { readonly kind: 'array'; readonly of: HiveType }
  | { readonly kind: 'map'; readonly key: HiveType; readonly value: HiveType }
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, HiveType> }
  /** Only NULLs were seen: compatible with everything. */
  | { readonly kind: 'unknown' }

export const primitive = (name: string): HiveType => ({ kind: 'primitive', name })
export const unknownType: HiveType = { kind: 'unknown' }
const string = primitive('string')

// From narrow to wide; a decimal merged with a float becomes a double.
const numbers = ['tinyint', 'smallint', 'int', 'bigint', 'float', 'double']
const isNumber = (name: string) => numbers.includes(name) || name.startsWith('decimal')

/** The type in a Glue column's spelling, `array<struct<a:int>>`; an unseen type, or one without fields, is a string. */
export function typeText(type: HiveType): string {
  switch (type.kind) {
    case 'primitive':
      return type.name
    case 'array':
      return `array<${typeText(type.of)}>`
    case 'map':
      return `map<${typeText(type.key)},${typeText(type.value)}>`
    case 'struct': {
      if (type.fields.size === 0) return 'string'
      return `struct<${[...type.fields].map(([name, field]) => `${name}:${typeText(field)}`).join(',')}>`
    }
    case 'unknown':
      return 'string'
  }
}

/** The narrowest type that holds both, string if there is no other. */
export function mergeTypes(a: HiveType, b: HiveType): HiveType {
  return mergeAll([a, b])
}

/**
 * The narrowest type that holds all of them. They are merged at once, not one after another: each step would copy all
 * previous fields, which takes minutes for a thousand records with a thousand fields each.
 */
export function mergeAll(types: readonly HiveType[]): HiveType {
  const known = types.filter((type) => type.kind !== 'unknown')
  const [first] = known
  if (!first) return unknownType
  if (known.length === 1) return first
  switch (first.kind) {
    case 'array': {
      const arrays = known.filter((type) => type.kind === 'array')
      return arrays.length < known.length
        ? string
        : { kind: 'array', of: mergeAll(arrays.map((type) => type.of)) }
    }
    case 'map': {
      const maps = known.filter((type) => type.kind === 'map')
      return maps.length < known.length
        ? string
        : {
            kind: 'map',
            key: mergeAll(maps.map((type) => type.key)),
            value: mergeAll(maps.map((type) => type.value)),
          }
    }
    case 'struct': {
      const structs = known.filter((type) => type.kind === 'struct')
      return structs.length < known.length
        ? string
        : { kind: 'struct', fields: mergeNamed(structs.map((type) => type.fields)) }
    }
    case 'primitive':
      return known.reduce(mergePrimitives, first)
  }
}

/** Merges several lists of columns or fields by name, in the order of first appearance. */
export function mergeNamed(lists: Iterable<Iterable<readonly [string, HiveType]>>): Map<string, HiveType> {
  const byName = new Map<string, HiveType[]>()
  for (const list of lists) {
    for (const [name, type] of list) {
      const there = byName.get(name)
      if (there) there.push(type)
      else byName.set(name, [type])
    }
  }
  return new Map(Array.from(byName, ([name, types]) => [name, mergeAll(types)]))
}

function mergePrimitives(a: HiveType, b: HiveType): HiveType {
  if (a.kind !== 'primitive' || b.kind !== 'primitive') return string
  if (a.name === b.name) return a
  return isNumber(a.name) && isNumber(b.name) ? widerNumber(a.name, b.name) : string
}

function widerNumber(a: string, b: string): HiveType {
  const wider = Math.max(numbers.indexOf(a), numbers.indexOf(b))
  // Decimals, and a 64-bit integer merged with a float, need a double.
  if (!numbers.includes(a) || !numbers.includes(b)) return primitive('double')
  return primitive(numbers[wider] === 'float' && [a, b].includes('bigint') ? 'double' : numbers[wider]!)
}

/** What counts as the same type when schemas are compared: numbers of any width do. */
export function typeFamily(type: HiveType): string {
  if (type.kind === 'primitive') return isNumber(type.name) ? 'number' : type.name
  return type.kind
}
