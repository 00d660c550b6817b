// How a crawler names tables and partition keys.
import { createHash } from 'node:crypto'

const longestName = 128

/** Prefix and folder (or bucket) name in lower case; whatever is not a-z, 0-9 or _ becomes _. */
export function tableName(prefix: string, folder: string): string {
  const name = `${prefix}${folder}`.toLowerCase().replace(/[^a-z0-9_]/g, '_')
  return name.slice(0, longestName)
}

/** The name of a table whose own name is used by another location. */
export function tableNameFor(name: string, location: string): string {
  const md5 = createHash('md5').update(location).digest('hex')
  return `${name.slice(0, longestName - md5.length - 1)}_${md5}`
}

/** `dt=2026-01-02` has the key `dt`; undefined for a folder without that form. */
export function hiveKey(segment: string): string | undefined {
  const at = segment.indexOf('=')
  return at > 0 ? segment.slice(0, at).toLowerCase() : undefined
}

/** The value in a folder's name; Hive escapes characters as %XX. */
export function partitionValue(segment: string, isHive: boolean): string {
  if (!isHive) return segment
  const value = segment.slice(segment.indexOf('=') + 1)
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/**
 * One key for each level of folders: `key` if all folders of the level are `key=value`, else `partition_N`.
 * A name that is a column already, or another level's key, cannot be used: such a level is `partition_N` too.
 * @param paths the folders of each partition, all of the same depth
 */
export function partitionKeyNames(
  paths: readonly (readonly string[])[],
  columns: ReadonlySet<string>,
): { name: string; isHive: boolean }[] {
  const depth = paths[0]?.length ?? 0
  const taken = new Set(columns)
  return Array.from({ length: depth }, (_, level) => {
    const key = hiveKey(paths[0]![level]!)
    const isHive = key !== undefined && paths.every((path) => hiveKey(path[level]!) === key)
    const name = isHive && !taken.has(key) ? key : `partition_${level}`
    taken.add(name)
    return { name, isHive }
  })
}
