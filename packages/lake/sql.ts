// Pieces of SQL that every query of the lake needs: quoted names, and a limit by offsets.

/** A name as SQL quotes it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The condition on a row of the topic that its offset lies below the cut-off of its partition. */
export function offsetsBelowSql(cutOffs: ReadonlyMap<number, number>): string {
  const cases = [...cutOffs].map(([partition, cutOff]) => `WHEN ${partition} THEN ${cutOff}`)
  return `kafka_offset < CASE kafka_partition ${cases.join(' ')} ELSE 0 END`
}
