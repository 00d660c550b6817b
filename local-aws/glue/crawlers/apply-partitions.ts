// Writes the partitions that a crawl found into the catalog, in small batches.
import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import type { Partition, PartitionInput, TableInput } from '../api/shapes.ts'
import {
  type Ask,
  asDeprecated,
  type Changes,
  deprecated,
  isOurs,
  type Policies,
  sameParameters,
  structure,
} from './policies.ts'

const batch = 100

/** @param signal a stopped crawl ends after the current batch */
export async function applyPartitions(
  ask: Ask,
  table: TableInput,
  found: readonly PartitionInput[],
  policies: Policies,
  changes: Changes,
  signal: AbortSignal,
): Promise<void> {
  const keyCount = table.PartitionKeys?.length ?? 0
  const of = { DatabaseName: policies.database, TableName: table.Name }
  const label = (values: readonly string[]) => `${table.Name}(${values.join(',')})`
  const there = new Map<string, Partition>()
  for await (const partition of allPartitions(ask, of)) there.set(JSON.stringify(partition.Values), partition)

  const added: PartitionInput[] = []
  const updated: { PartitionValueList: string[]; PartitionInput: PartitionInput }[] = []
  for (const partition of found) {
    // The policy LOG has kept a table with other partition keys: no found partition fits it.
    if (partition.Values.length !== keyCount) continue
    const own = inherited(partition, table, policies)
    const key = JSON.stringify(own.Values)
    const known = there.get(key)
    there.delete(key)
    if (!known) {
      added.push(own)
      changes.PARTITION.ADD.push(label(own.Values))
    } else if (policies.update !== 'LOG' || policies.inheritFromTable) {
      const isSame = structure(known) === structure(own) && !known.Parameters?.[deprecated]
      if (!isSame) changes.PARTITION.UPDATE.push(label(own.Values))
      if (!isSame || !sameParameters(known.Parameters, own.Parameters)) {
        updated.push({ PartitionValueList: own.Values, PartitionInput: own })
      }
    }
  }
  const gone: Partition[] = []
  for (const partition of there.values()) {
    if (partition.Values.length === keyCount && !isOurs(partition, policies)) continue
    if (policies.remove === 'DELETE_FROM_DATABASE' || partition.Values.length !== keyCount)
      gone.push(partition)
    else if (policies.remove === 'DEPRECATE_IN_DATABASE' && !partition.Parameters?.[deprecated]) {
      updated.push({ PartitionValueList: partition.Values, PartitionInput: asDeprecated(partition) })
    } else continue
    changes.PARTITION.DELETE.push(label(partition.Values))
  }
  const steps: [string, string, readonly object[], number][] = [
    ['BatchDeletePartition', 'PartitionsToDelete', gone.map(({ Values }) => ({ Values })), 25],
    ['BatchCreatePartition', 'PartitionInputList', added, batch],
    ['BatchUpdatePartition', 'Entries', updated, batch],
  ]
  for (const [operation, member, items, size] of steps) {
    for (let start = 0; start < items.length; start += size) {
      signal.throwIfAborted()
      const answer = ask(operation, { ...of, [member]: items.slice(start, start + size) })
      throwUnexpected(answer as { Errors: BatchError[] })
      await yieldToEventLoop()
    }
  }
}

interface BatchError {
  readonly ErrorDetail: { readonly ErrorCode: string; readonly ErrorMessage: string }
}

/** Another client may add or drop the same partition meanwhile; any other error fails the crawl. */
function throwUnexpected({ Errors }: { Errors: BatchError[] }): void {
  const races = ['AlreadyExistsException', 'EntityNotFoundException']
  const unexpected = Errors.find(({ ErrorDetail }) => !races.includes(ErrorDetail.ErrorCode))
  if (unexpected) throw new Error(unexpected.ErrorDetail.ErrorMessage)
}

async function* allPartitions(ask: Ask, of: object): AsyncGenerator<Partition> {
  let NextToken: string | undefined
  do {
    const page = ask('GetPartitions', { ...of, NextToken }) as { Partitions: Partition[]; NextToken?: string }
    yield* page.Partitions
    NextToken = page.NextToken
    await yieldToEventLoop()
  } while (NextToken)
}

/**
 * InheritFromTable gives a partition everything from its table. The policy LOG keeps the table's SerDe,
 * which a user may have chosen, also for new partitions of the same format; their columns are their own.
 */
function inherited(partition: PartitionInput, table: TableInput, policies: Policies): PartitionInput {
  const isSameFormat = partition.Parameters?.classification === table.Parameters?.classification
  if (!policies.inheritFromTable && !(policies.update === 'LOG' && isSameFormat)) return partition
  const { Columns, SerdeInfo, InputFormat, OutputFormat } = table.StorageDescriptor ?? {}
  const own = partition.StorageDescriptor
  const taken = withoutUndefined({
    Columns: policies.inheritFromTable ? Columns : own?.Columns,
    SerdeInfo,
    InputFormat,
    OutputFormat,
  })
  return { ...partition, StorageDescriptor: { ...own, ...taken } }
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never
}
