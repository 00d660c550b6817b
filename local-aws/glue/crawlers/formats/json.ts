// The columns of JSON text: one object per line, a single object, or an array of them; some broken lines are skipped.
import { type HiveType, mergeAll, mergeNamed, primitive, unknownType } from '../../hive/column-type.ts'
import { isMostlyGood } from '../broken-lines.ts'
import type { Schema } from '../schema.ts'

const largestInt = 2 ** 31 - 1

/** Hive has no use for deeper types: deeper text counts as invalid JSON, and so does text that never closes. */
const deepest = 100

/** The length of -9223372036854775808; more digits than that are not compared. */
const longestBigint = 20

/** This many records are enough to determine the types; the rest is only counted. */
const recordsToType = 1_000

export interface JsonFinding {
  /** Names as they are written. */
  readonly schema: Schema
  readonly records: number
  /** Lines that are not JSON. */
  readonly broken: number
}

/**
 * In: text, whose end may be truncated. Out: undefined if it is not JSON, or too little of it is.
 * @param path a JsonPath, `$.records[*]`: the columns are those of what it points at
 */
export function jsonSchema(text: string, path?: string): JsonFinding | undefined {
  const steps = path === undefined ? undefined : pathSteps(path)
  const found: Iterable<readonly [string, HiveType]>[] = []
  let records = 0
  let broken = 0
  const reader = new JsonReader(text)
  for (;;) {
    const value = reader.next()
    if (value === 'end') break
    if (value === 'broken') broken++
    else {
      records++
      if (records <= recordsToType) found.push(...columnsOf(value, steps))
    }
    // Stops early in text that is not JSON at all.
    if (broken >= recordsToType && !isMostlyGood(records, broken)) return undefined
  }
  const columns = mergeNamed(found)
  if (columns.size === 0 || !isMostlyGood(records, broken)) return undefined
  return { schema: [...columns].map(([name, type]) => ({ name, type })), records, broken }
}

function columnsOf(type: HiveType, steps?: readonly Step[]): Iterable<readonly [string, HiveType]>[] {
  const target = steps ? steps.reduce<HiveType>(stepInto, type) : type
  if (target.kind === 'struct') return [target.fields]
  return target.kind === 'array' ? [[['array', target]]] : []
}

type Step = { name: string } | 'items' | 'all'

/** @throws Error for a path that JSON classifiers do not support */
export function pathSteps(path: string): Step[] {
  const steps: Step[] = []
  const pieces = /\.\*|\[\*\]|\[\d+\]|\.([^.[\]]+)|\['([^']*)'\]/y
  pieces.lastIndex = path.startsWith('$') ? 1 : 0
  while (pieces.lastIndex < path.length) {
    const start = pieces.lastIndex
    const match = pieces.exec(path)
    if (!match) throw new Error(`${path} is no JsonPath: nothing is known as ${path.slice(start)}`)
    const name = match[1] ?? match[2]
    if (name !== undefined) steps.push({ name })
    else steps.push(match[0] === '.*' ? 'all' : 'items')
  }
  return steps
}

function stepInto(type: HiveType, step: Step): HiveType {
  if (type.kind === 'array' && step !== 'items') return stepInto(type.of, step)
  if (step === 'items' || step === 'all') {
    if (type.kind === 'array') return type.of
    return type.kind === 'struct' ? mergeAll([...type.fields.values()]) : unknownType
  }
  return (type.kind === 'struct' && type.fields.get(step.name)) || unknownType
}

/**
 * Reads consecutive values as types. Like the SerDes, it accepts more than JSON: NaN and Infinity, and a comma
 * before a closing bracket. A line that is not JSON is skipped to its end, so that no text is read again.
 */
class JsonReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** The next object or array; `broken` for a line that holds none, or something else too. */
  next(): HiveType | 'broken' | 'end' {
    this.#skipBlanks()
    if (this.#at >= this.#text.length) return 'end'
    try {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== brace && code !== bracket) throw new Broken()
      const value = this.#value(0)
      this.#needNoJunk()
      return value
    } catch (error) {
      // Text that ends inside a value is truncated, not broken.
      if (this.#at >= this.#text.length && error instanceof Broken) return 'end'
      if (!(error instanceof Broken)) throw error
      const lineEnd = this.#text.indexOf('\n', this.#at)
      this.#at = lineEnd < 0 ? this.#text.length : lineEnd + 1
      return 'broken'
    }
  }

  #value(depth: number): HiveType {
    if (depth > deepest) throw new Broken()
    this.#skipBlanks()
    const code = this.#text.charCodeAt(this.#at)
    if (code === brace) return this.#object(depth)
    if (code === bracket) return this.#array(depth)
    if (code === quote) {
      this.#string()
      return string
    }
    return this.#literal()
  }

  #object(depth: number): HiveType {
    const fields = new Map<string, HiveType>()
    this.#at++
    for (;;) {
      this.#skipBlanks()
      if (this.#takes('}')) return { kind: 'struct', fields }
      if (this.#text.charCodeAt(this.#at) !== quote) throw new Broken()
      const name = this.#string()
      this.#skipBlanks()
      if (!this.#takes(':')) throw new Broken()
      fields.set(name, this.#value(depth + 1))
      this.#skipBlanks()
      if (!this.#takes(',') && this.#text[this.#at] !== '}') throw new Broken()
    }
  }

  #array(depth: number): HiveType {
    const items: HiveType[] = []
    this.#at++
    for (;;) {
      this.#skipBlanks()
      if (this.#takes(']')) return { kind: 'array', of: mergeAll(items) }
      items.push(this.#value(depth + 1))
      this.#skipBlanks()
      if (!this.#takes(',') && this.#text[this.#at] !== ']') throw new Broken()
    }
  }

  #string(): string {
    const start = this.#at++
    let isEscaped = false
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at)
      if (code === backslash) {
        isEscaped = true
        this.#at++
      } else if (code === quote) {
        this.#at++
        const text = this.#text.slice(start, this.#at)
        return isEscaped ? unescaped(text) : text.slice(1, -1)
      } else if (code === lineFeed) throw new Broken()
    }
    throw new Broken()
  }

  #literal(): HiveType {
    literals.lastIndex = this.#at
    const match = literals.exec(this.#text)
    if (!match) throw new Broken()
    this.#at = literals.lastIndex
    const [word, number] = match
    if (number !== undefined) return numberType(number)
    if (word === 'null') return unknownType
    return word === 'true' || word === 'false' ? primitive('boolean') : primitive('double')
  }

  #needNoJunk(): void {
    while (this.#at < this.#text.length && isBlank(this.#text.charCodeAt(this.#at))) {
      if (this.#text.charCodeAt(this.#at++) === lineFeed) return
    }
    const code = this.#text.charCodeAt(this.#at)
    if (this.#at < this.#text.length && code !== brace && code !== bracket) throw new Broken()
  }

  #skipBlanks(): void {
    while (this.#at < this.#text.length && isBlank(this.#text.charCodeAt(this.#at))) this.#at++
  }

  #takes(sign: string): boolean {
    if (this.#text[this.#at] !== sign) return false
    this.#at++
    return true
  }
}

class Broken extends Error {}

const string = primitive('string')
const [brace, bracket, quote, backslash, lineFeed] = [0x7b, 0x5b, 0x22, 0x5c, 0x0a]
const isBlank = (code: number) => code <= 0x20 || code === 0xfeff
const literals = /-?(?:NaN|Infinity)|true|false|null|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/y

function unescaped(text: string): string {
  try {
    return JSON.parse(text) as string
  } catch {
    throw new Broken()
  }
}

/** Decided by its digits: 1.0 is a double, and digits beyond 2^53 would be lost. */
export function numberType(source: string): HiveType {
  if (!/^-?\d+$/.test(source)) return primitive('double')
  if (Math.abs(Number(source)) <= largestInt) return primitive('int')
  if (source.length > longestBigint) return primitive('double')
  const value = BigInt(source)
  return primitive(BigInt.asIntN(64, value) === value ? 'bigint' : 'double')
}
