// Partitions whose descriptor says less than the engine needs: what is missing is the table's, as Hive adds a partition.
import type { Partition, StorageDescriptor, Table } from '../../glue/api/shapes.ts'
import { withEngineLocation } from '../sql/location.ts'
import { partitionName } from '../sql/partition-spec.ts'

/** Members that each partition has once where it is whole. */
const needed = ['"SerializationLibrary":"', '"InputFormat":"', '"OutputFormat":"', '"Location":"']

/** Locations that the engine does not take as they are. */
const otherLocation = /"Location":"(?:(?!s3:\/\/)|s3:\/\/[^"/]*"|s3:\/\/[^"]*\/\/)/

/**
 * Whether the partitions of an answer are as the engine can read them. From its text: to parse a thousand partitions
 * with all their columns, for the few that are not, would take too long.
 */
export function areWhole(text: string): boolean {
  const partitions = occurrences(text, '"Values":[')
  return needed.every((member) => occurrences(text, member) >= partitions) && !otherLocation.test(text)
}

function occurrences(text: string, part: string): number {
  let count = 0
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count++
  return count
}

/** The partition with what its descriptor lacks of its table's. */
export function wholePartition(partition: Partition, table: Table): Partition {
  const { Columns, InputFormat, OutputFormat, SerdeInfo, Location } = table.StorageDescriptor ?? {}
  const own = partition.StorageDescriptor
  const folder = `${(Location ?? '').replace(/\/$/, '')}/${partitionName(table, partition.Values)}/`
  const given = Object.entries(own ?? {}).filter(([, value]) => value !== '')
  const whole: StorageDescriptor = {
    ...(Columns ? { Columns } : {}),
    ...(InputFormat ? { InputFormat } : {}),
    ...(OutputFormat ? { OutputFormat } : {}),
    NumberOfBuckets: 0,
    ...Object.fromEntries(given),
    SerdeInfo: (own?.SerdeInfo?.SerializationLibrary ? own.SerdeInfo : SerdeInfo) ?? {},
  }
  return withEngineLocation({
    ...partition,
    StorageDescriptor: { ...whole, Location: own?.Location || folder },
  })
}
