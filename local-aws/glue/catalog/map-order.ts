// The order of map entries in Glue's answers: that of Java's HashMap, which clients print as they get it.

/** The map with its entries in that order. */
export function inMapOrder(map: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(map)
  let buckets = 16
  // The table doubles when it is more than three quarters full.
  while (entries.length > 0.75 * buckets) buckets *= 2
  const bucketOf = (key: string) => hashOf(key) & (buckets - 1)
  // Entries of the same bucket stay in the order of the request.
  return Object.fromEntries(entries.toSorted(([one], [other]) => bucketOf(one) - bucketOf(other)))
}

/** String.hashCode, with its upper half mixed into the lower one. */
function hashOf(key: string): number {
  let hash = 0
  for (let at = 0; at < key.length; at++) hash = (Math.imul(31, hash) + key.charCodeAt(at)) | 0
  return hash ^ (hash >>> 16)
}
