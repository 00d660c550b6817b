// Finds the unit tests whose result may depend on the machine's time zone: vitest.config.ts runs them in a second one.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/**
 * Code that uses the machine's zone, or may: local getters and setters, text that is parsed as a time, Intl, TZ itself,
 * and every Date that others could print. Excluded is only what cannot: a Date of now, or of a number whose name says
 * it is one, which becomes UTC or a number at once.
 */
const zoned = [
  /\.[gs]et(?:FullYear|Year|Month|Date|Day|Hours|Minutes|Seconds|Milliseconds|TimezoneOffset)\(/,
  /\.to(?:Locale|Date|Time|Locale(?:Date|Time))String\(/,
  /\b(?:Intl|Temporal|TZ)\b/,
  /\bDate\.parse\b/,
  /\bnew Date\((?!(?:\w*[mM]s)?\)\.(?:toISOString|toJSON|getTime|getUTC))/,
  /(?<!new )\bDate\(/,
]
const imported = /\b(?:from|import) ?\(?'([^']+)'/g

interface Source {
  readonly isTest: boolean
  readonly isZoned: boolean
  /** The files that it imports, as paths relative to the project's folder. */
  readonly imports: readonly string[]
}

/**
 * The tests that use time zones themselves, and those that are nearest, by imports, to each source that does: a new
 * source that reads or writes times brings its tests along, wherever it lies.
 * @param ignored patterns of paths that are no sources
 */
export function timeZoneTests(projectDir: string, ignored: readonly string[]): string[] {
  const sources = readSources(projectDir, ignored)
  const importers = new Map<string, string[]>()
  for (const [path, { imports }] of sources) {
    for (const name of imports) importers.set(name, [...(importers.get(name) ?? []), path])
  }
  const found = new Set<string>()
  for (const [path, { isTest, isZoned }] of sources) {
    if (!isZoned) continue
    for (const test of isTest ? [path] : nearestTests(path, sources, importers)) found.add(test)
  }
  return [...found].sort()
}

/** The tests that reach a source by the fewest imports. */
function nearestTests(
  path: string,
  sources: ReadonlyMap<string, Source>,
  importers: ReadonlyMap<string, readonly string[]>,
): string[] {
  const seen = new Set([path])
  for (let level = [path]; level.length > 0; ) {
    level = [...new Set(level.flatMap((name) => importers.get(name) ?? []))].filter((name) => !seen.has(name))
    for (const name of level) seen.add(name)
    const tests = level.filter((name) => sources.get(name)?.isTest)
    if (tests.length > 0) return tests
  }
  return []
}

function readSources(projectDir: string, ignored: readonly string[]): Map<string, Source> {
  const text = (path: string) => readFileSync(join(projectDir, path), 'utf8')
  const { workspaces } = JSON.parse(text('package.json')) as { workspaces: string[] }
  const folders = new Map(
    workspaces.map((folder) => [
      (JSON.parse(text(`${folder}/package.json`)) as { name: string }).name,
      folder,
    ]),
  )
  const resolved = (from: string, name: string) => {
    if (name.startsWith('.')) return normalize(join(dirname(from), name))
    const [scope, workspace, ...rest] = name.split('/')
    return join(folders.get(`${scope}/${workspace}`) ?? 'node_modules', ...rest)
  }
  const paths = globSync('**/*.{ts,tsx}', { cwd: projectDir, exclude: [...ignored, '**/dist/**'] })
  return new Map(
    paths
      .filter((path) => !/\.(?:stack|e2e)\.test\.ts$/.test(path))
      .map((path) => {
        const code = withoutComments(text(path))
        const imports = [...code.matchAll(imported)].map(([, name]) => resolved(path, name!))
        const isZoned = zoned.some((form) => form.test(code))
        return [path, { isTest: path.endsWith('.test.ts'), isZoned, imports }] as const
      }),
  )
}

/** The code in the project's format, in which each line of a block comment begins with its mark. */
function withoutComments(code: string): string {
  return code
    .split('\n')
    .filter((line) => !/^\s*(?:\/\/|\/\*|\*)/.test(line))
    .map((line) => line.split(' // ', 1)[0])
    .join('\n')
}
