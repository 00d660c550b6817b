// A piece of SQL that queries of the lake need: a limit by offsets.

/** The condition that a row's offset is below its partition's landed offset. */
export function offsetsBelowSql(landedOffsets: ReadonlyMap<number, number>): string {
  const cases = [...landedOffsets].map(
    ([partition, landedOffset]) => `WHEN ${partition} THEN ${landedOffset}`,
  )
  return `kafka_offset < CASE kafka_partition ${cases.join(' ')} ELSE 0 END`
}
