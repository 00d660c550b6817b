// Hive's column types as a tree, so that what several objects say of one column can be merged.

export type HiveType =
  | { readonly kind: 'primitive'; readonly name: string }
  | { readonly kind: 'array'; readonly of: HiveType }
  | { readonly kind: 'map'; readonly key: HiveType; readonly value: HiveType }
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, HiveType> }
  /** Only NULLs were seen: agrees with everything. */
  | { readonly kind: 'unknown' }

export const primitive = (name: string): HiveType => ({ kind: 'primitive', name })
export const unknownType: HiveType = { kind: 'unknown' }
const string = primitive('string')

// From narrow to wide; a decimal beside a float becomes a double.
const numbers = ['tinyint', 'smallint', 'int', 'bigint', 'float', 'double']
const isNumber = (name: string) => numbers.includes(name) || name.startsWith('decimal')

/** How a Glue column spells the type, `array<struct<a:int>>`; what was never seen, or has no fields, is a string. */
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

/** The narrowest type that holds both; string where nothing else does. */
export function mergeTypes(a: HiveType, b: HiveType): HiveType {
  if (a.kind === 'unknown') return b
  if (b.kind === 'unknown') return a
  if (a.kind === 'array' && b.kind === 'array') return { kind: 'array', of: mergeTypes(a.of, b.of) }
  if (a.kind === 'map' && b.kind === 'map') {
    return { kind: 'map', key: mergeTypes(a.key, b.key), value: mergeTypes(a.value, b.value) }
  }
  if (a.kind === 'struct' && b.kind === 'struct') {
    const fields = new Map(a.fields)
    for (const [name, type] of b.fields) {
      const there = fields.get(name)
      fields.set(name, there ? mergeTypes(there, type) : type)
    }
    return { kind: 'struct', fields }
  }
  if (a.kind === 'primitive' && b.kind === 'primitive') {
    if (a.name === b.name) return a
    if (isNumber(a.name) && isNumber(b.name)) return widerNumber(a.name, b.name)
  }
  return string
}

function widerNumber(a: string, b: string): HiveType {
  const wider = Math.max(numbers.indexOf(a), numbers.indexOf(b))
  // Decimals, and a whole number of 64 bits beside a float, need a double.
  if (!numbers.includes(a) || !numbers.includes(b)) return primitive('double')
  return primitive(numbers[wider] === 'float' && [a, b].includes('bigint') ? 'double' : numbers[wider]!)
}

/** What counts as the same type when schemas are compared: numbers of any width are. */
export function typeFamily(type: HiveType): string {
  if (type.kind === 'primitive') return isNumber(type.name) ? 'number' : type.name
  return type.kind
}
