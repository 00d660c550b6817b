// The differences between an existing table and the wanted one, ignoring what services add.
import type { Column, TableInput } from '@aws-sdk/client-glue'
import { storedView } from './stored-view.ts'

export interface Difference {
  readonly what: string
  readonly found: string
  readonly wanted: string
}

/** Compares what gives a table its meaning. Comments, descriptions and parameters that others added are ignored. */
export function tableDifferences(existing: TableInput, wanted: TableInput): Difference[] {
  const found: Difference[] = []
  const compare = (what: string, a: string | undefined, b: string | undefined) => {
    if ((a ?? '') !== (b ?? '')) found.push({ what, found: a ?? '(none)', wanted: b ?? '(none)' })
  }
  compare('table type', existing.TableType, wanted.TableType)
  if (wanted.TableType === 'VIRTUAL_VIEW') {
    compare('SQL', viewText(existing), viewText(wanted))
    // To the engine, a view with a description is not a view: see stored-view.ts.
    compare('description', existing.Description, wanted.Description)
  }
  const [a, b] = [existing.StorageDescriptor, wanted.StorageDescriptor]
  compare('columns', columnText(a?.Columns), columnText(b?.Columns))
  compare('partition keys', columnText(existing.PartitionKeys), columnText(wanted.PartitionKeys))
  if (b?.Location !== undefined) compare('location', withSlash(a?.Location), withSlash(b.Location))
  compare('input format', a?.InputFormat, b?.InputFormat)
  compare('output format', a?.OutputFormat, b?.OutputFormat)
  compare('SerDe', a?.SerdeInfo?.SerializationLibrary, b?.SerdeInfo?.SerializationLibrary)
  for (const [name, value] of Object.entries(b?.SerdeInfo?.Parameters ?? {})) {
    compare(`SerDe parameter ${name}`, a?.SerdeInfo?.Parameters?.[name], value)
  }
  for (const [name, value] of Object.entries(wanted.Parameters ?? {})) {
    compare(`parameter ${name}`, existing.Parameters?.[name], value)
  }
  if (existing.Parameters?.['projection.enabled']?.toLowerCase() === 'true') {
    found.push({
      what: 'partition projection',
      found: 'on',
      wanted: 'off: it hides the registered partitions, and compaction moves them',
    })
  }
  return found
}

/** `index string, date date`: names and types in their order. */
export function columnText(columns: readonly Column[] | undefined): string {
  return (columns ?? []).map((column) => `${column.Name} ${column.Type}`).join(', ')
}

/** One line per difference. */
export function differenceLines(differences: readonly Difference[]): string[] {
  const line = (text: string) => text.replace(/\s+/g, ' ')
  return differences.map(({ what, found, wanted }) => line(`${what}: found ${found} | wanted ${wanted}`))
}

/** The SQL and who runs it; any text that is not a stored view, unchanged. */
function viewText({ ViewOriginalText: stored }: TableInput): string | undefined {
  const view = storedView(stored)
  return view ? `${view.originalSql}${view.runAsInvoker ? '' : ' (run as its owner)'}` : stored
}

function withSlash(location: string | undefined): string | undefined {
  return location === undefined || location.endsWith('/') ? location : `${location}/`
}
