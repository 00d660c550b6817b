// Partitions whose descriptor says less than the engine needs: what is missing is the table's, as Hive adds a partition.
import type { Partition, StorageDescriptor, Table } from '../../glue/api/shapes.ts'
import { engineLocation, withEngineLocation } from '../sql/location.ts'
import { partitionName } from '../sql/partition-spec.ts'

const location = '"Location":"'

/** Members that each partition has once where it is whole. */
const needed = ['"SerializationLibrary":"', '"InputFormat":"', '"OutputFormat":"', location]

/**
 * Whether the partitions of an answer are as the engine can read them. From its text: to parse a thousand partitions
 * with all their columns, for the few that are not, would take too long.
 */
export function areWhole(text: string): boolean {
  const partitions = endsOf('"Values":[', text).length
  if (needed.some((member) => endsOf(member, text).length < partitions)) return false
  return endsOf(location, text).every((start) => {
    const given = text.slice(start, text.indexOf('"', start))
    return engineLocation(given) === given
  })
}

/** Where each occurrence of a part ends in the text. */
function endsOf(part: string, text: string): number[] {
  const ends: number[] = []
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length))
    ends.push(at + part.length)
  return ends
}

/** The partition with what its descriptor lacks of its table's. */
export function wholePartition(partition: Partition, table: Table): Partition {
  const { StorageDescriptor: ofTable } = table
  const own = partition.StorageDescriptor
  const given = Object.entries(own ?? {}).filter(([, value]) => value !== '')
  const folder = `${(ofTable?.Location ?? '').replace(/\/$/, '')}/${partitionName(table, partition.Values)}/`
  const StorageDescriptor: StorageDescriptor = {
    ...ofTable,
    ...Object.fromEntries(given),
    SerdeInfo: (own?.SerdeInfo?.SerializationLibrary ? own.SerdeInfo : ofTable?.SerdeInfo) ?? {},
    Location: own?.Location || folder,
  }
  return withEngineLocation({ ...partition, StorageDescriptor })
}
