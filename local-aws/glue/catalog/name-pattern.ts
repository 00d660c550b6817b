// A client's pattern for names, run by an engine that cannot backtrack: no pattern takes longer than its length times the name's.
import { BoundedMap } from '@ticklake/runtime/bounded-map.ts'
import { RE2JS } from 're2js'
import { invalidInput } from '../api/errors.ts'

export type NameTest = (name: string) => boolean

/** Glue's own limit for an Expression. */
export const longestPattern = 2048

/** A client that asks page by page sends the same pattern with each. */
const keptPatterns = 16
const compiled = new BoundedMap<string, NameTest>(keptPatterns)

/**
 * A test for whole names, upper and lower case alike. Glue takes both a regular expression (`ticks.*`) and Hive's form
 * (`ticks*`, `*tick*`): a star that repeats nothing repeatable stands for anything.
 * @throws GlueError InvalidInputException for what is no regular expression, and for what needs backtracking
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
