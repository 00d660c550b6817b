// Divides the objects of an audit into ranges of paths: each range is one query, small enough for the engine's memory. Pure.

export interface CountedObject {
  readonly key: string
  /** At most so many. */
  readonly rows: number
}

/** Keys from `from` on, and below `before`; undefined: no bound. */
export interface PathRange {
  readonly from?: string
  readonly before?: string
}

/**
 * Ranges that together contain every path, in order, each with about `mostRows` rows at most; an object is never
 * divided. Paths that are in none of the objects belong to a range, too.
 */
export function pathRanges(objects: readonly CountedObject[], mostRows: number): PathRange[] {
  const bounds: string[] = []
  let rows = 0
  for (const object of objects.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
    if (rows > 0 && rows + object.rows > mostRows) {
      bounds.push(object.key)
      rows = 0
    }
    rows += object.rows
  }
  return [undefined, ...bounds].map((from, i) => ({
    ...(from !== undefined && { from }),
    ...(i < bounds.length && { before: bounds[i]! }),
  }))
}
