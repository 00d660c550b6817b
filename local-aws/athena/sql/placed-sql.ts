// A statement that was changed for the engine, and the way back for the places in the engine's errors.

export interface PlacedSql {
  readonly sql: string
  /** An error text of the engine, with its place (`line 1:8:`) as the user counts in their own statement. */
  readonly placeInOwnSql: (message: string) => string
}

/** A statement that goes to the engine as it is. */
export function unchanged(sql: string): PlacedSql {
  return { sql, placeInOwnSql: (message) => message }
}
