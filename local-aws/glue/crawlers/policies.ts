// How a crawler's findings may change the catalog, and what they changed.
import type { Column, StorageDescriptor } from '../api/shapes.ts'

/** An operation of the catalog in this thread. */
export type Ask = (operation: string, request: object) => unknown

export interface Policies {
  readonly crawler: string
  readonly database: string
  /** The include paths, each with a slash at its end. */
  readonly paths: readonly string[]
  readonly update: 'LOG' | 'UPDATE_IN_DATABASE'
  readonly remove: 'LOG' | 'DELETE_FROM_DATABASE' | 'DEPRECATE_IN_DATABASE'
  /** Partitions get columns and SerDe from their table. */
  readonly inheritFromTable: boolean
  /** Columns are added; none is dropped or changed. */
  readonly mergeNewColumns: boolean
  readonly tableThreshold?: number
}

export type Action = 'ADD' | 'UPDATE' | 'DELETE'

/** Names of tables, `table(values)` of partitions, grouped by what was done to them. */
export interface Changes {
  readonly TABLE: Record<Action, string[]>
  readonly PARTITION: Record<Action, string[]>
}

/** The parameter of a table that a later crawl did not find again; its value is the time in ms. */
export const deprecated = 'DEPRECATED_BY_CRAWLER'

/** Whether this crawler created the table or partition, from one of its include paths. */
export function isOurs(
  thing: { StorageDescriptor?: StorageDescriptor; Parameters?: Record<string, string> },
  policies: Policies,
): boolean {
  const location = thing.StorageDescriptor?.Location ?? ''
  return (
    thing.Parameters?.UPDATED_BY_CRAWLER === policies.crawler &&
    policies.paths.some((path) => `${location}/`.startsWith(path))
  )
}

export function asDeprecated<T extends { Parameters?: Record<string, string> }>(thing: T): T {
  return { ...thing, Parameters: { ...thing.Parameters, [deprecated]: String(Date.now()) } }
}

/** What makes a table or partition another one: everything except its counts. */
export function structure(thing: {
  StorageDescriptor?: StorageDescriptor
  PartitionKeys?: Column[]
}): string {
  const { Columns, Location, InputFormat, OutputFormat, SerdeInfo } = thing.StorageDescriptor ?? {}
  const serde = [SerdeInfo?.SerializationLibrary, Object.entries(SerdeInfo?.Parameters ?? {}).sort()]
  const names = (columns: Column[] | undefined) => columns?.map(({ Name, Type }) => [Name, Type])
  return JSON.stringify([
    names(Columns),
    Location,
    InputFormat,
    OutputFormat,
    serde,
    names(thing.PartitionKeys),
  ])
}

/** Whether both have the same parameters. */
export function sameParameters(a: Record<string, string> = {}, b: Record<string, string> = {}): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name])
}
