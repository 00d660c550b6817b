// What the engine writes into the Data Catalog, changed to what Glue and the clients of the catalog expect.
import { longsFromJson, longsToJson } from '../../glue/api/long-json.ts'
import type { Column, TableInput } from '../../glue/api/shapes.ts'
import { columnsOf, presentedView } from '../sql/view.ts'

interface Written {
  readonly TableInput?: TableInput
  readonly ColumnStatisticsList?: readonly Statistics[]
}

interface Statistics {
  readonly StatisticsData?: Readonly<Record<string, unknown>>
}

/** A request of the engine, changed if Glue would refuse it or clients would misread what it stores. */
export function asClientsExpect(operation: string, json: string): string {
  switch (operation) {
    case 'CreateTable':
    case 'UpdateTable':
      return JSON.stringify(withClientColumns(JSON.parse(json) as Written))
    case 'UpdateColumnStatisticsForTable':
    case 'UpdateColumnStatisticsForPartition':
      return longsToJson(withAverageLengths(longsFromJson(json) as Written))
    default:
      return json
  }
}

/**
 * The columns of an Iceberg table are marked as current, since clients ignore others. A view's columns are those of its
 * rows: the engine itself writes a single one named `dummy`.
 */
function withClientColumns(request: Written): Written {
  const { TableInput: input } = request
  const Columns = input?.StorageDescriptor && clientColumns(input)
  if (!Columns) return request
  return { ...request, TableInput: { ...input, StorageDescriptor: { ...input.StorageDescriptor, Columns } } }
}

/** Undefined for a table whose columns stay as the engine writes them. */
function clientColumns(input: TableInput): Column[] | undefined {
  if (presentedView(input)) return columnsOf(input)
  if (input.Parameters?.table_type?.toUpperCase() !== 'ICEBERG') return undefined
  return (input.StorageDescriptor?.Columns ?? []).map((column) => ({
    ...column,
    Parameters: { 'iceberg.field.current': 'true', ...column.Parameters },
  }))
}

/** Without rows the engine knows no average length, which Glue requires in statistics of strings and bytes. */
function withAverageLengths(request: Written): Written {
  const ColumnStatisticsList = (request.ColumnStatisticsList ?? []).map((statistics) => ({
    ...statistics,
    StatisticsData: Object.fromEntries(
      Object.entries(statistics.StatisticsData ?? {}).map(([name, data]) => [
        name,
        name === 'StringColumnStatisticsData' || name === 'BinaryColumnStatisticsData'
          ? { AverageLength: 0, ...(data as object) }
          : data,
      ]),
    ),
  }))
  return { ...request, ColumnStatisticsList }
}
