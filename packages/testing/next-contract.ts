// Loaded with --import, it turns a process into one of the next release: the contract has a new column of each type,
// added by one line each, as CONTRACT_VERSION's comment says.
import { registerHooks } from 'node:module'

/** The release that the process reports. */
const RELEASE = '9.9.9'
const LINES = [
  "addedColumn(99, 'venue', 'Venue', 'string', 'UTF8', 'where it was traded'),",
  "addedColumn(99, 'value_date', 'Value date', 'date', 'INT32 DATE', 'when it settles'),",
  "addedColumn(99, 'quoted_at', 'Quoted At', 'timestamp', 'INT64 TIMESTAMP(MILLIS, UTC)', 'when it was quoted'),",
  "addedColumn(99, 'spread', 'Spread', 'double', 'DOUBLE', 'between bid and ask'),",
]

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const change = changes.find(([file]) => url.endsWith(file))?.[1]
    return change ? { ...loaded, source: change(String(loaded.source)) } : loaded
  },
})

const changes: readonly (readonly [file: string, change: (source: string) => string])[] = [
  [
    '/contract/columns.ts',
    (source) =>
      replaced(
        replaced(source, /CONTRACT_VERSION = \d+/, 'CONTRACT_VERSION = 99'),
        /\] as const\n/,
        `${LINES.join('\n')}\n] as const\n`,
      ),
  ],
  ['/runtime/release.ts', (source) => replaced(source, /= manifest\.version/, `= '${RELEASE}'`)],
]

/** @throws Error when there is nothing to replace, since the process would then be of this release */
function replaced(source: string, pattern: RegExp, by: string): string {
  if (!pattern.test(source)) throw new Error(`${pattern} is not found`)
  return source.replace(pattern, () => by)
}
