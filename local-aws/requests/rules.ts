// The constraints of a shape (length, value, pattern, enum) in AWS's words, each with its test.
import { kindOfShape } from './json-kind.ts'
import type { Shape } from './model.ts'
import { patternTest } from './pattern.ts'

export interface Rule {
  readonly text: string
  readonly holds: (value: unknown) => boolean
}
const rulesByShape = new WeakMap<Shape, readonly Rule[]>()

export function rulesOf(shape: Shape): readonly Rule[] {
  const known = rulesByShape.get(shape)
  if (known) return known
  const rules = makeRules(shape)
  rulesByShape.set(shape, rules)
  return rules
}

/** Whether a value satisfies all rules of its own shape; nested values are not checked. */
export function satisfiesRules(shape: Shape, value: unknown): boolean {
  return rulesOf(shape).every(({ holds }) => holds(value))
}

function makeRules(shape: Shape): Rule[] {
  const { min, max, pattern, enum: values } = shape
  const rules: Rule[] = []
  const isNumber = kindOfShape(shape) === 'number'
  const size = isNumber ? (value: unknown) => Number(value) : sizeOf
  const what = isNumber ? 'value' : 'length'
  // NaN is neither above nor below a limit.
  if (max !== undefined) {
    const text = `Member must have ${what} less than or equal to ${max}`
    rules.push({ text, holds: (value) => !(size(value) > max) })
  }
  if (min !== undefined) {
    const text = `Member must have ${what} greater than or equal to ${min}`
    rules.push({ text, holds: (value) => !(size(value) < min) })
  }
  if (pattern !== undefined) {
    const text = `Member must satisfy regular expression pattern: ${pattern}`
    const test = patternTest(pattern)
    rules.push({ text, holds: (value) => test(value as string) })
  }
  if (values) {
    const text = `Member must satisfy enum value set: [${values.join(', ')}]`
    rules.push({ text, holds: (value) => values.includes(value as string) })
  }
  return rules
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  return Array.isArray(value) ? value.length : Object.keys(value as object).length
}
