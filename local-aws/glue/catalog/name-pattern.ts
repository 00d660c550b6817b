// A client's pattern for names, without backtracking: the time is at most the pattern's length times the name's.
import { BoundedMap } from '@ticklake/runtime/bounded-map.ts'
import { RE2JS } from 're2js'
import { invalidInput } from '../api/errors.ts'

export type NameTest = (name: string) => boolean

/** Glue's own limit for an Expression. */
export const longestPattern = 2048

/** A client that reads page by page sends the same pattern with each request. */
const keptPatterns = 16
const compiled = new BoundedMap<string, NameTest>(keptPatterns)

/**
 * A test for whole names, ignoring case. Glue accepts both a regular expression (`ticks.*`) and Hive's form
 * (`ticks*`, `*tick*`): a star after nothing that can repeat matches anything.
 * @throws GlueError InvalidInputException for an invalid regular expression, and for one that needs backtracking
 */
export function namePattern(expression: string): NameTest {
  const known = compiled.get(expression)
  if (known) return known
  if (expression.length > longestPattern) {
    throw invalidInput(
      `A pattern has at most ${longestPattern} characters; this one has ${expression.length}`,
    )
  }
  const test = compile(expression)
  compiled.set(expression, test)
  return test
}

function compile(expression: string): NameTest {
  const spelt = expression.replace(/(^|[\w|*-])\*/g, '$1.*')
  try {
    const pattern = RE2JS.compile(spelt, RE2JS.CASE_INSENSITIVE)
    return (name) => pattern.matches(name)
  } catch (error) {
    const reason = (error as Error).message.replace('error parsing regexp: ', '')
    throw invalidInput(
      `Invalid regular expression: ${expression} (${reason}; look-around, back-references and possessive quantifiers are not available here)`,
    )
  }
}
