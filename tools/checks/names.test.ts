// docs/glossary.md retires words: none may return in the name of a file or of anything in the sources.
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { projectDir } from '../../stack/paths.ts'

const retired = new Set(
  ['settle settled settles look looks looked room rooms told untold keep keeps keeper verdict verdicts']
    .concat('refusal refusals turn turns gather gathers gathering gathered positions beginning beginnings')
    .concat('notice notices mend mends mended strike strikes promises pulse arrival arrivals place places')
    .concat('words anew road roads cutoff upto letgo explorer')
    .flatMap((line) => line.split(' ')),
)

/** Names from others, and those that users type or a bucket holds. */
const allowed = new Set([
  // JavaScript, Node.js, Athena, Iceberg.
  ...['allSettled', 'keepAlive', 'keepAliveTimeout', 'setKeepAlive', 'promises', 'inOwnPositions'],
  ...['BytesScannedCutoffPerQuery', 'RemoveBytesScannedCutoffPerQuery', 'minSnapshotsToKeep'],
  ...['vacuum_min_snapshots_to_keep', 'vacuum_max_metadata_files_to_keep'],
  // LOCAL_AWS_KEEP_RESULTS, --mended, a metric.
  ...['LOCAL_AWS_KEEP_RESULTS', 'keepResults', 'mended', 'ticklake_consumer_notices_following'],
])

/** Regular expressions, strings, comments and names, of which only the names are checked. */
const pieces = new RegExp(
  [
    String.raw`(?<=[=(,:!]\s*)/(?![/*])(?:\[(?:[^\]\\\n]|\\.)*\]|[^/\\\n[]|\\.)+/`,
    String.raw`'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\x60(?:[^\x60\\]|\\.)*\x60`,
    String.raw`//.*|/\*[\s\S]*?\*/`,
    String.raw`[A-Za-z_]\w*`,
  ].join('|'),
  'g',
)

/** The retired word that is part of a name, such as `room` of `makeRoom` or of `disk-room.ts`. */
function retiredPart(name: string): string | undefined {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .find((part) => retired.has(part))
}

test('no name contains a word that docs/glossary.md has retired', () => {
  const found: string[] = []
  const exclude = ['**/node_modules/**', '.local/**', '**/dist/**', 'tools/checks/names.test.ts']
  for (const path of globSync('**/*.{ts,tsx,mjs,css}', { cwd: projectDir, exclude })) {
    if (retiredPart(basename(path))) found.push(path)
    const names = new Set(readFileSync(join(projectDir, path), 'utf8').match(pieces))
    for (const name of names) {
      if (/^\w/.test(name) && !allowed.has(name) && retiredPart(name)) found.push(`${path}: ${name}`)
    }
  }
  expect(found).toEqual([])
})

test.each(['makeRoom', 'DEAD_LETTERS_UNTOLD', 'disk-room.ts', 'lookOf'])('%s is found', (name) => {
  expect(retiredPart(name)).toBeDefined()
})
