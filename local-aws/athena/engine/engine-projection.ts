// Partition projection as the engine reads it: Athena knows more units of time, and finds folders by the values as they are.
import type { Table } from '../../glue/api/shapes.ts'
import { AwsError } from '../../http/aws-error.ts'
import { calendarValues, shifted } from './calendar-projection.ts'

/** Some of the keys of the objects below a table's location. */
export type SampleKeys = (location: string) => Promise<readonly string[]>

/** Characters that Hive escapes in the name of a partition's folder. */
const escapedSigns = /[\x00-\x1f"#%'*/:=?\\\x7f{[\]^]/
const escapeSequence = /%[0-9A-F]{2}/g
const dayMs = 86_400_000

export function isProjected({ Parameters = {} }: Table): boolean {
  return Parameters['projection.enabled']?.toLowerCase() === 'true'
}

/**
 * The table with a projection that the engine understands.
 * @throws AwsError when a key has no projection, or an invalid one, with Athena's message
 */
export async function engineProjection(table: Table, keysBelow: SampleKeys): Promise<Table> {
  const { DatabaseName, Name, PartitionKeys = [], StorageDescriptor, Parameters = {} } = table
  if (!isProjected(table) || PartitionKeys.length === 0) return table
  const refuse = (but: string): never => {
    throw new AwsError(
      'InvalidInputException',
      `Table ${DatabaseName}.${Name} is configured for partition projection, but ${but}`,
    )
  }
  const missing = PartitionKeys.map((key) => key.Name).filter((key) => !Parameters[`projection.${key}.type`])
  if (missing.length > 0) {
    refuse(`the following partition columns are missing projection configuration: [${missing.join(', ')}]`)
  }
  const why = PartitionKeys.map((key) => whyUnreadable(key.Name, Parameters)).find(
    (each) => each !== undefined,
  )
  if (why !== undefined) refuse(why)
  const now = new Date()
  const own = Object.assign(
    {},
    Parameters,
    ...PartitionKeys.map((key) => dateProperties(key.Name, Parameters, now)),
  )
  const location = StorageDescriptor?.Location
  if (own['storage.location.template'] || !location || !mayHaveEscapes({ ...table, Parameters: own })) {
    return { ...table, Parameters: own }
  }
  // The engine and Hive escape values in the names of folders; other writers do not.
  if (areEscaped(await keysBelow(location))) return { ...table, Parameters: own }
  const folders = PartitionKeys.map((key) => `${key.Name}=\${${key.Name}}/`).join('')
  const template = `${location.replace(/\/$/, '')}/${folders}`
  return { ...table, Parameters: { ...own, 'storage.location.template': template } }
}

/** The properties that each type needs. */
const neededProperties: Readonly<Record<string, readonly string[]>> = {
  enum: ['values'],
  integer: ['range'],
  date: ['range', 'format'],
  injected: [],
}

/** The engine would only report that it cannot read the table. */
function whyUnreadable(key: string, parameters: Properties): string | undefined {
  const property = (name: string) => parameters[`projection.${key}.${name}`]
  const type = property('type')!.toLowerCase()
  const needed = Object.hasOwn(neededProperties, type) ? neededProperties[type] : undefined
  if (!needed) {
    const types = Object.keys(neededProperties).join(', ')
    return `projection.${key}.type is '${property('type')}', which is none of ${types}`
  }
  const absent = needed.find((name) => !property(name))
  if (absent !== undefined) return `projection.${key}.${absent} is not set, which the type ${type} needs`
  if (type === 'integer' && !/^\s*-?\d+\s*,\s*-?\d+\s*$/.test(property('range')!)) {
    return `projection.${key}.range is '${property('range')}', which is not two whole numbers`
  }
  return undefined
}

/** Translates a date projection that the engine does not support: months and years become a list, weeks become days. */
function dateProperties(key: string, parameters: Properties, now: Date): Properties {
  const property = (name: string) => parameters[`projection.${key}.${name}`]
  const [range, format, interval] = [property('range'), property('format'), property('interval')]
  const unit = property('interval.unit')
  if (property('type')?.toLowerCase() !== 'date' || range === undefined || format === undefined) return {}
  const values = calendarValues({ range, format, interval, unit }, now)
  if (values) return { [`projection.${key}.type`]: 'enum', [`projection.${key}.values`]: values.join(',') }
  const isByWeek = /^\s*weeks?\s*$/i.test(unit ?? '')
  return {
    [`projection.${key}.range`]: inDays(range, now),
    ...(isByWeek
      ? {
          [`projection.${key}.interval.unit`]: 'DAYS',
          [`projection.${key}.interval`]: String(7 * Number(interval ?? 1)),
        }
      : {}),
  }
}

type Properties = Readonly<Record<string, string>>

/** `NOW-1YEAR` in days, since the engine counts in no longer unit. */
export function inDays(range: string, now: Date): string {
  return range.replace(
    /\bNOW(\s*)([+-])\s*(\d+)\s*(YEAR|MONTH|WEEK)S?\b/gi,
    (_, blank: string, sign: string, count: string, unit: string) => {
      const far = shifted(now, Number(`${sign}${count}`), unit)
      return `NOW${blank}${sign}${Math.abs(Math.round((far.getTime() - now.getTime()) / dayMs))}DAYS`
    },
  )
}

/** Whether a key may have values that differ when escaped. */
function mayHaveEscapes({ PartitionKeys = [], Parameters = {} }: Table): boolean {
  return PartitionKeys.some(({ Name }) => {
    const property = (name: string) => Parameters[`projection.${Name}.${name}`] ?? ''
    switch (property('type').toLowerCase()) {
      case 'enum':
        return escapedSigns.test(property('values'))
      case 'date':
        return escapedSigns.test(property('format').replaceAll("'", ''))
      case 'injected':
        return true
      default:
        return false
    }
  })
}

/** Whether the folders have escape sequences in their values, and no character that would be escaped. */
function areEscaped(keys: readonly string[]): boolean {
  const values = keys
    .flatMap((key) => key.split('/').slice(0, -1))
    .filter((folder) => folder.includes('='))
    .map((folder) => folder.slice(folder.indexOf('=') + 1))
  const isRaw = (value: string) => escapedSigns.test(value.replaceAll(escapeSequence, ''))
  return values.some((value) => value.search(escapeSequence) >= 0) && !values.some(isRaw)
}
