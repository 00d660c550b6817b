// Reads the environment once and strictly: every problem is listed by the variable's name, nothing is guessed.
import { Failure } from './errors.ts'

/** One variable: how its text becomes a value, its default, and the prose that docs and `--help` show. */
export interface Option<T> {
  readonly doc: string
  readonly kind: string
  /** Absent: the variable must be set. */
  readonly fallback?: T
  readonly secret?: boolean
  /** Throws a plain sentence if the text is not of this kind. */
  readonly parse: (text: string) => T
}

export type Schema = Readonly<Record<string, Option<unknown>>>
export type Values<S extends Schema> = { readonly [K in keyof S]: S[K] extends Option<infer T> ? T : never }
export type Env = Readonly<Record<string, string | undefined>>

interface Facts<T> {
  doc: string
  default?: T
}

const withDefault = <T>(facts: Facts<T>) => (facts.default === undefined ? {} : { fallback: facts.default })

/** Any non-empty text. */
export function text(facts: Facts<string>): Option<string> {
  return { doc: facts.doc, kind: 'text', ...withDefault(facts), parse: (value) => value }
}

/** An optional text. */
export function optionalText(facts: { doc: string }): Option<string | undefined> {
  return { doc: facts.doc, kind: 'text, may be unset', fallback: undefined, parse: (value) => value }
}

/** The same, but optional. */
export function optional<T>(option: Option<T>): Option<T | undefined> {
  return { ...option, kind: `${option.kind}, may be unset`, fallback: undefined }
}

/** A whole number within bounds; `12abc`, `1e3` and ` 5` are refused. */
export function integer(facts: Facts<number> & { min?: number; max?: number }): Option<number> {
  const min = facts.min ?? 0
  const max = facts.max ?? Number.MAX_SAFE_INTEGER
  return {
    doc: facts.doc,
    kind: `whole number from ${min}${max === Number.MAX_SAFE_INTEGER ? '' : ` to ${max}`}`,
    ...withDefault(facts),
    parse: (value) => {
      const number = Number(value)
      if (!/^-?\d+$/.test(value) || number < min || number > max) {
        throw new Error(
          `must be a whole number from ${min}${max === Number.MAX_SAFE_INTEGER ? '' : ` to ${max}`}`,
        )
      }
      return number
    },
  }
}

/** The longest time that Node's timers can wait, 24.8 days: they turn a longer one into 1 ms. */
const LONGEST_TIMER_MS = 2_147_483_647

/** A time for a timer. */
export function milliseconds(facts: Facts<number> & { min?: number }): Option<number> {
  return integer({ ...facts, max: LONGEST_TIMER_MS })
}

/** `true` or `false`. */
export function flag(facts: Facts<boolean>): Option<boolean> {
  return {
    doc: facts.doc,
    kind: 'true or false',
    ...withDefault(facts),
    parse: (value) => {
      if (value !== 'true' && value !== 'false') throw new Error('must be true or false')
      return value === 'true'
    },
  }
}

/** One of a few values. */
export function oneOf<const T extends string>(values: readonly T[], facts: Facts<T>): Option<T> {
  return {
    doc: facts.doc,
    kind: values.join(' | '),
    ...withDefault(facts),
    parse: (value) => {
      if (!(values as readonly string[]).includes(value))
        throw new Error(`must be one of ${values.join(', ')}`)
      return value as T
    },
  }
}

/** A text in a given form. */
export function pattern(form: RegExp, description: string, facts: Facts<string>): Option<string> {
  return {
    doc: facts.doc,
    kind: description,
    ...withDefault(facts),
    parse: (value) => {
      if (!form.test(value)) throw new Error(`must be ${description}`)
      return value
    },
  }
}

/**
 * Reads the variables of a schema. An empty variable counts as unset (compose passes those).
 * @param owns prefixes of which every variable must be known: a misspelt `CONSUMER_FLUSH_AFTER` is an error that
 * suggests the nearest known name. @param isForeign recognizes names with such a prefix that other programs read
 * @throws Failure CONFIG_INVALID that lists every problem, one per line, by the variable's name.
 */
export function readEnv<S extends Schema>(
  schema: S,
  env: Env,
  owns: readonly string[] = [],
  isForeign: (name: string) => boolean = () => false,
): Values<S> {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(schema)) {
    const raw = env[name]
    if (raw === undefined || raw === '') {
      if ('fallback' in option) values[name] = option.fallback
      else problems.push(`${name} is not set: ${option.doc}`)
      continue
    }
    try {
      values[name] = option.parse(raw)
    } catch (error) {
      const shown = option.secret ? 'its value' : JSON.stringify(raw)
      problems.push(`${name} ${(error as Error).message}, ${shown} is not`)
    }
  }
  for (const name of Object.keys(env)) {
    if (name in schema || !owns.some((prefix) => name.startsWith(prefix)) || isForeign(name)) continue
    const near = nearest(name, Object.keys(schema))
    problems.push(`${name} is not a variable of ticklake${near ? `: did you mean ${near}?` : ''}`)
  }
  if (problems.length > 0) {
    throw new Failure({
      code: 'CONFIG_INVALID',
      what: `the environment has ${problems.length} problem${problems.length > 1 ? 's' : ''}; nothing was started`,
      why: problems.join('\n       '),
      remedy: 'set them in the shell or in .env (.env.example lists every variable)',
    })
  }
  return Object.freeze(values) as Values<S>
}

/** The candidate with the fewest edits to `name`, or undefined if all are far off. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: editDistance(name, candidate) }))
    .sort((a, b) => a.edits - b.edits)
  const best = ranked[0]
  return best && best.edits <= Math.max(3, name.length / 3) ? best.candidate : undefined
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replace = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, replace))
    }
    row = next
  }
  return row[b.length]!
}
