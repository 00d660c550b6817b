// A table's columns in Iceberg's metadata: each field has an id, by which data files refer to it.

/** The type of a field in Iceberg's JSON: a primitive's name, or a nested type. */
export type FieldType = string | StructType | ListType | MapType

export interface StructType {
  readonly type: 'struct'
  readonly fields: readonly Field[]
}

export interface ListType {
  readonly type: 'list'
  readonly 'element-id': number
  readonly element: FieldType
  readonly 'element-required': boolean
}

export interface MapType {
  readonly type: 'map'
  readonly 'key-id': number
  readonly key: FieldType
  readonly 'value-id': number
  readonly value: FieldType
  readonly 'value-required': boolean
}

export interface Field {
  readonly id: number
  readonly name: string
  readonly required: boolean
  readonly type: FieldType
  readonly doc?: string
}

export interface Schema extends StructType {
  readonly 'schema-id': number
  readonly 'identifier-field-ids'?: readonly number[]
}

/** The highest id among these fields and all nested ones; 0 if there are none. */
export function highestFieldId(fields: readonly Field[]): number {
  return Math.max(0, ...fields.flatMap(({ id, type }) => [id, highestIdWithin(type)]))
}

function highestIdWithin(type: FieldType): number {
  if (typeof type === 'string') return 0
  switch (type.type) {
    case 'struct':
      return highestFieldId(type.fields)
    case 'list':
      return Math.max(type['element-id'], highestIdWithin(type.element))
    case 'map':
      return Math.max(
        type['key-id'],
        type['value-id'],
        highestIdWithin(type.key),
        highestIdWithin(type.value),
      )
  }
}

/**
 * Fields with new ids, whatever ids they had: numbered level by level, like Iceberg's own library.
 * @param firstId the id of the first field
 */
export function withFreshIds(
  fields: readonly Field[],
  firstId: number,
): { fields: Field[]; ids: Map<number, number> } {
  let next = firstId
  const ids = new Map<number, number>()
  const give = (old: number) => {
    ids.set(old, next)
    return next++
  }
  const fresh = (type: FieldType): FieldType => {
    if (typeof type === 'string') return type
    switch (type.type) {
      case 'struct':
        return { ...type, fields: freshFields(type.fields) }
      case 'list': {
        const elementId = give(type['element-id'])
        return { ...type, 'element-id': elementId, element: fresh(type.element) }
      }
      case 'map': {
        const [keyId, valueId] = [give(type['key-id']), give(type['value-id'])]
        return {
          ...type,
          'key-id': keyId,
          'value-id': valueId,
          key: fresh(type.key),
          value: fresh(type.value),
        }
      }
    }
  }
  const freshFields = (own: readonly Field[]): Field[] => {
    const numbered = own.map((field) => ({ ...field, id: give(field.id) }))
    return numbered.map((field) => ({ ...field, type: fresh(field.type) }))
  }
  return { fields: freshFields(fields), ids }
}

/** The dotted names of all fields, with the fields. */
export function fieldsByName(fields: readonly Field[], prefix = ''): Map<string, Field> {
  const found = new Map<string, Field>()
  for (const field of fields) {
    found.set(`${prefix}${field.name}`, field)
    if (typeof field.type !== 'string' && field.type.type === 'struct') {
      for (const [name, inner] of fieldsByName(field.type.fields, `${prefix}${field.name}.`))
        found.set(name, inner)
    }
  }
  return found
}
