// Finds the items of a batch request, one at a time while the answer is written: fifty long queries would block others.

export interface Lookup<T> {
  readonly found: () => Iterable<T>
  /** The names that were not found; complete once `found` has been read to its end. */
  readonly missing: readonly string[]
}

export function lookup<T>(names: readonly string[], find: (name: string) => T | undefined): Lookup<T> {
  const missing: string[] = []
  function* found(): Generator<T> {
    for (const name of names) {
      const item = find(name)
      if (item === undefined) missing.push(name)
      else yield item
    }
  }
  return { found, missing }
}
