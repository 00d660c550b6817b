// Values as Athena writes them in results: Java's doubles, timestamps with three digits, {k=v} and [a, b].
import type { TypeArgument, TypeSignature } from '../engine/trino.ts'

/** How a value of a type becomes text; the value is not null. */
export type ToText = (value: unknown) => string

/** The text form of a type's values, computed once for a column. */
export function toTextOf(type: TypeSignature): ToText {
  switch (type.rawType) {
    case 'double':
    case 'real':
      return (value) => (typeof value === 'number' ? javaDouble(value) : String(value))
    case 'timestamp':
    case 'timestamp with time zone':
      return (value) => withThreeDigits(String(value))
    case 'time':
    case 'time with time zone':
      // Unlike a timestamp, a time without a fraction stays without one.
      return (value) => String(value).replace(/(:\d\d\.\d{3})\d+/, '$1')
    case 'varbinary':
      return (value) => spacedHex(String(value))
    case 'array': {
      const item = orNull(toTextOf(typeArgument(type.arguments[0])))
      return (value) => `[${(value as unknown[]).map(item).join(', ')}]`
    }
    case 'map': {
      const key = keyTextOf(typeArgument(type.arguments[0]))
      const item = orNull(toTextOf(typeArgument(type.arguments[1])))
      return (value) =>
        `{${Object.entries(value as object)
          .map(([name, of]) => `${key(name)}=${item(of)}`)
          .join(', ')}}`
    }
    case 'row': {
      const fields = type.arguments.map((argument, i) => ({
        name: fieldName(argument) ?? `field${i}`,
        text: orNull(toTextOf(typeArgument(argument))),
      }))
      return (value) =>
        `{${fields.map(({ name, text }, i) => `${name}=${text((value as unknown[])[i])}`).join(', ')}}`
    }
    default:
      return String
  }
}

/** The engine sends a map's key as text: `[1, x]` for an array or a row, whatever it contains. */
function keyTextOf(type: TypeSignature): ToText {
  if (type.rawType === 'array' || type.rawType === 'map') return String
  if (type.rawType !== 'row') return toTextOf(type)
  const names = type.arguments.map((argument, i) => fieldName(argument) ?? `field${i}`)
  return (value) => {
    const texts = String(value).slice(1, -1).split(', ')
    return texts.length === names.length
      ? `{${texts.map((text, i) => `${names[i]}=${text}`).join(', ')}}`
      : String(value)
  }
}

/**
 * Double.toString: the fewest digits that give the number back, always with a point, with an exponent below 1e-3
 * and from 1e7 on.
 */
export function javaDouble(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size >= 1e-3 && size < 1e7) {
    const text = String(value)
    return text.includes('.') ? text : `${text}.0`
  }
  const [digits, exponent] = value.toExponential().split('e') as [string, string]
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`
}

/** Cuts or pads the fraction of seconds to three digits; a time zone after it stays. */
function withThreeDigits(text: string): string {
  return text.replace(
    /(\d\d:\d\d:\d\d)(?:\.(\d+))?/,
    (_all, seconds: string, fraction = '') => `${seconds}.${fraction.slice(0, 3).padEnd(3, '0')}`,
  )
}

function spacedHex(base64: string): string {
  return Buffer.from(base64, 'base64')
    .toString('hex')
    .replace(/..(?!$)/g, '$& ')
}

function orNull(text: ToText): ToText {
  return (value) => (value === null ? 'null' : text(value))
}

function typeArgument(argument: TypeArgument | undefined): TypeSignature {
  if (argument?.kind === 'TYPE') return argument.value
  if (argument?.kind === 'NAMED_TYPE') return argument.value.typeSignature
  return { rawType: 'unknown', arguments: [] }
}

function fieldName(argument: TypeArgument): string | undefined {
  return argument.kind === 'NAMED_TYPE' ? argument.value.fieldName?.name : undefined
}
