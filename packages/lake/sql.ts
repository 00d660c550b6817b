// Pieces of SQL that every query of the lake needs: quoted names, and a limit by offsets.

/** A name as SQL quotes it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The condition on a row of the topic that its offset lies below the landed offset of its partition. */
export function offsetsBelowSql(landedOffsets: ReadonlyMap<number, number>): string {
  const cases = [...landedOffsets].map(
    ([partition, landedOffset]) => `WHEN ${partition} THEN ${landedOffset}`,
  )
  return `kafka_offset < CASE kafka_partition ${cases.join(' ')} ELSE 0 END`
}
