// The differences between an existing table and the wanted one; what services add is no difference.
import type { Column, TableInput } from '@aws-sdk/client-glue'
import { storedView } from './stored-view.ts'

export interface Difference {
  readonly what: string
  readonly there: string
  readonly wanted: string
}

/** Compares what gives a table its meaning. Comments, descriptions and parameters that others added are left alone. */
export function tableDifferences(there: TableInput, wanted: TableInput): Difference[] {
  const found: Difference[] = []
  const compare = (what: string, a: string | undefined, b: string | undefined) => {
    if ((a ?? '') !== (b ?? '')) found.push({ what, there: a ?? '(none)', wanted: b ?? '(none)' })
  }
  compare('table type', there.TableType, wanted.TableType)
  if (wanted.TableType === 'VIRTUAL_VIEW') {
    compare('SQL', viewText(there), viewText(wanted))
    // A view with a description is none for the engine: see view.ts.
    compare('description', there.Description, wanted.Description)
  }
  const [a, b] = [there.StorageDescriptor, wanted.StorageDescriptor]
  compare('columns', columnText(a?.Columns), columnText(b?.Columns))
  compare('partition keys', columnText(there.PartitionKeys), columnText(wanted.PartitionKeys))
  if (b?.Location !== undefined) compare('location', withSlash(a?.Location), withSlash(b.Location))
  compare('input format', a?.InputFormat, b?.InputFormat)
  compare('output format', a?.OutputFormat, b?.OutputFormat)
  compare('SerDe', a?.SerdeInfo?.SerializationLibrary, b?.SerdeInfo?.SerializationLibrary)
  for (const [name, value] of Object.entries(b?.SerdeInfo?.Parameters ?? {})) {
    compare(`SerDe parameter ${name}`, a?.SerdeInfo?.Parameters?.[name], value)
  }
  for (const [name, value] of Object.entries(wanted.Parameters ?? {})) {
    compare(`parameter ${name}`, there.Parameters?.[name], value)
  }
  if (there.Parameters?.['projection.enabled']?.toLowerCase() === 'true') {
    found.push({
      what: 'partition projection',
      there: 'on',
      wanted: 'off: it hides the registered partitions, and compaction moves them',
    })
  }
  return found
}

/** `index string, date date`: names and types in their order. */
export function columnText(columns: readonly Column[] | undefined): string {
  return (columns ?? []).map((column) => `${column.Name} ${column.Type}`).join(', ')
}

/** One line a difference. */
export function differenceLines(differences: readonly Difference[]): string[] {
  const line = (text: string) => text.replace(/\s+/g, ' ')
  return differences.map(({ what, there, wanted }) => line(`${what}: there ${there} | wanted ${wanted}`))
}

/** The SQL and who runs it; a text that is no view's as it is. */
function viewText({ ViewOriginalText: stored }: TableInput): string | undefined {
  const view = storedView(stored)
  return view ? `${view.originalSql}${view.runAsInvoker ? '' : ' (run as its owner)'}` : stored
}

function withSlash(location: string | undefined): string | undefined {
  return location === undefined || location.endsWith('/') ? location : `${location}/`
}
