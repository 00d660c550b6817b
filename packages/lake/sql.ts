// Pieces of SQL that every query of the lake needs: quoted names, and a limit by offsets.

/** A quoted SQL name. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The condition that a row's offset is below its partition's landed offset. */
export function offsetsBelowSql(landedOffsets: ReadonlyMap<number, number>): string {
  const cases = [...landedOffsets].map(
    ([partition, landedOffset]) => `WHEN ${partition} THEN ${landedOffset}`,
  )
  return `kafka_offset < CASE kafka_partition ${cases.join(' ')} ELSE 0 END`
}
