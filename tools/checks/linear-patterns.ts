// Checks every regular expression of the sources: if its time grows faster than its input, a client could stop a server.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: patterns as they stand in the sources
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from '../../stack/paths.ts'
import { type Pattern, patternsOf } from './patterns.ts'

interface Exception {
  readonly file: string
  /** The beginning of the pattern in the source. */
  readonly begins: string
  readonly why: string
}

/** Reviewed by a person. Patterns that are not linear must not read text of clients, records or objects. */
export const exceptions: readonly Exception[] = [
  {
    file: 'packages/aws/failure.ts',
    begins: '/^(CredentialsProviderError|',
    why: 'anchored names; `.*` stands once, before the end: too many states for the checker, not for the engine',
  },
  {
    file: 'consumer/model-checker/compactors.ts',
    begins: '/\\/_compacted\\/.*',
    why: 'keys that the explorer itself has made',
  },
  { file: 'tools/docs/aws-page.ts', begins: '/(^|\\s)\\s*# .*$/gm', why: 'commands of our own page' },
  { file: 'tools/docs/aws-page.ts', begins: 'new RegExp(`^ {', why: 'a number of blanks' },
  {
    file: 'e2e/compose-project.ts',
    begins: '/(\\w+) (\\d+)/g',
    why: 'the line of our own audit',
  },
  {
    file: 'faults/compaction-death.ts',
    begins: '/\\/dt=.*',
    why: 'requests of our own compactor, to a proxy of the campaign',
  },
  {
    file: 'infra/iam-policy.ts',
    begins: 'new RegExp(`^${source}$`',
    why: 'resources of our own template, checked by its tests',
  },
  {
    file: 'packages/runtime/usage.ts',
    begins: 'new RegExp(`^${script} ',
    why: 'our own help; names of our commands',
  },
  {
    file: 'packages/runtime/usage.ts',
    begins: 'new RegExp(`^ +${script} ',
    why: 'our own help; names of our commands',
  },
  {
    file: 'packages/runtime/sql/tokens.ts',
    begins: '/(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?(?![\\p{L}',
    why: 'linear: with ASCII letters in the last class it is checked; the checker cannot take all letters',
  },
  {
    file: 'packages/runtime/usage.ts',
    begins: '/Argument: (',
    why: 'what the user has typed into his own terminal',
  },
  {
    file: 'stack/install.ts',
    begins: '/Downloading (',
    why: 'lines of pip, of what the repository asks for',
  },
]

const checkedFile = join(import.meta.dirname, 'linear-patterns.json')

/** Where each pattern that is not known to be linear is, and why; empty if there is none. */
export async function findings(
  files: Iterable<readonly [file: string, text: string]>,
  known: ReadonlySet<string>,
): Promise<{ problems: string[]; linear: Set<string> }> {
  const problems: string[] = []
  const linear = new Set<string>()
  const used = new Set<Exception>()
  for (const [file, text] of files) {
    for (const pattern of patternsOf(file, text)) {
      const exception = exceptions.find((each) => each.file === file && pattern.text.startsWith(each.begins))
      if (exception) {
        used.add(exception)
        continue
      }
      const found = await fault(pattern, known, linear)
      if (found) problems.push(`${file}:${pattern.line}: ${pattern.text} ${found}`)
    }
  }
  for (const exception of exceptions) {
    if (!used.has(exception))
      problems.push(`${exception.file}: no pattern begins with ${exception.begins} now`)
  }
  return { problems, linear }
}

async function fault(
  { source, flags }: Pattern,
  known: ReadonlySet<string>,
  linear: Set<string>,
): Promise<string | undefined> {
  if (source === undefined) return 'is put together when the program runs: use re2js, or give a reason'
  const spelt = `/${source}/${flags}`
  const result = known.has(spelt) || linear.has(spelt) ? undefined : await checked(source, flags)
  if (result === undefined) linear.add(spelt)
  return result
}

/** A pattern takes seconds, so those that are known to be linear are kept in a file, and only new ones are checked. */
async function checked(source: string, flags: string): Promise<string | undefined> {
  // The pure JavaScript checker: the native one exists only for some machines.
  process.env.RECHECK_BACKEND = 'pure'
  const { checkSync } = await import('recheck')
  // A sticky pattern is matched at one position, which an anchor expresses for the checker.
  const tried = flags.includes('y') ? `^(?:${source})` : source
  const result = checkSync(tried, flags.replace(/[ygd]/g, ''), { timeout: 60_000 })
  if (result.status === 'safe') return undefined
  return result.status === 'vulnerable'
    ? `takes ${result.complexity.summary} time on a hostile text`
    : 'is too much for the checker: write a simpler one'
}

function sources(): [string, string][] {
  const exclude = ['**/node_modules/**', '**/.local/**', '**/dist/**', '**/*.test.ts']
  const files = globSync('**/*.{ts,tsx,mjs,cjs}', { cwd: projectDir, exclude }).sort()
  return files.map((file) => [file, readFileSync(join(projectDir, file), 'utf8')])
}

if (import.meta.main) {
  const known = new Set(JSON.parse(readFileSync(checkedFile, 'utf8')) as string[])
  const { problems, linear } = await findings(sources(), known)
  const isWrite = process.argv.includes('--write')
  if (isWrite) writeFileSync(checkedFile, `${JSON.stringify([...linear].sort(), null, 2)}\n`)
  for (const problem of problems) process.stdout.write(`${problem}\n`)
  const isStale = [...known].some((spelt) => !linear.has(spelt)) || linear.size > known.size
  if (isStale && !isWrite) {
    process.stdout.write(
      'the list of known patterns is stale: node tools/checks/linear-patterns.ts --write\n',
    )
  }
  if (problems.length > 0 || (isStale && !isWrite)) process.exitCode = 1
}
