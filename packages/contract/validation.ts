// The only validation of records: accepted, with the canonical bytes, or rejected, with the reason.

import { isCanonical } from './canonical.ts'
import { CONTRACT_VERSION, type Tick, type TickColumn, tickColumns } from './columns.ts'
import { nearName, withOwnNames } from './message-aliases.ts'
import { canonicalTime, isDay } from './time.ts'

/** All reject reasons. */
export const rejectReasons = [
  'tombstone',
  'not_utf8',
  'not_json',
  'not_an_object',
  'missing_field',
  'wrong_type',
  'not_finite',
  'bad_date',
  'bad_text',
  'bad_timestamp',
] as const

export type RejectReason = (typeof rejectReasons)[number]

/** Why a record is not a tick. */
export interface Fault {
  readonly reason: RejectReason
  readonly detail: string
}

export type Validation =
  | {
      readonly accepted: true
      readonly canonical: Uint8Array
      readonly unknownFields: number
      /** Why it would be rejected without aliases; absent if it needs none. */
      readonly unaliased?: Fault
    }
  | ({ readonly accepted: false } & Fault)

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** Longest string of a column, in UTF-16 units. */
const MAX_TEXT = 256

/**
 * Validates the value of a message. Depends only on its bytes, the contract and `aliases`, so that a replay validates
 * in the same way.
 * @param value the message's value; null or undefined is a tombstone
 * @param contract the version to validate with: an earlier one has fewer columns, and is otherwise the same @param
 * aliases whether to accept names in another case, aliases and numbers as strings
 */
export function validate(
  value: Uint8Array | null | undefined,
  contract: number = CONTRACT_VERSION,
  aliases = false,
): Validation {
  if (value === null || value === undefined) return reject('tombstone', 'the message has no value')
  if (isCanonical(value, 0, value.length, contract))
    return { accepted: true, canonical: value, unknownFields: 0 }
  let text: string
  try {
    text = decoder.decode(value)
  } catch {
    return reject('not_utf8', 'the value is not UTF-8')
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    return reject('not_json', (error as Error).message)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return reject('not_an_object', 'the value is JSON, but not an object')
  }
  const fields = parsed as Record<string, unknown>
  const known = tickColumns.filter(({ since }) => since <= contract)
  const fault = faultIn(fields, known)
  if (fault) {
    const renamed = aliases ? withOwnNames(fields, known) : undefined
    // With aliases on, what they fix is not a fault, and need not be reported to the sender.
    const left = renamed === undefined ? fault : faultIn(renamed, known, fields)
    if (renamed === undefined || left) return { accepted: false, ...(left ?? fault) }
    return {
      accepted: true,
      canonical: canonicalBytes(renamed as Tick, contract),
      unknownFields: Math.max(0, Object.keys(fields).length - Object.keys(renamed).length),
      unaliased: fault,
    }
  }
  const present = known.filter(({ name }) => Object.hasOwn(fields, name)).length
  const unknownFields = Object.keys(fields).length - present
  return { accepted: true, canonical: canonicalBytes(fields as Tick, contract), unknownFields }
}

/**
 * Why the broker's timestamp has no hour. Outside [2020-01-01, 2100-01-01) a clock is wrong. @param timestampMs ms
 * since 1970; undefined or -1 if the message has none
 */
export function rejectTimestamp(
  timestampMs: number | undefined,
): { reason: RejectReason; detail: string } | undefined {
  if (isFiledTimestamp(timestampMs)) return undefined
  const shown = timestampMs === undefined || timestampMs < 0 ? 'none' : String(timestampMs)
  return { reason: 'bad_timestamp', detail: `the message's timestamp is ${shown}, not within 2020 to 2099` }
}

/** Whether a broker's timestamp has an hour. */
export function isFiledTimestamp(timestampMs: number | undefined): boolean {
  return timestampMs !== undefined && timestampMs >= FIRST_MS && timestampMs < PAST_MS
}

const FIRST_MS = Date.UTC(2020, 0, 1)
const PAST_MS = Date.UTC(2100, 0, 1)

/**
 * The canonical text of a tick: one line, no spaces, the columns in their order, numbers as in JSON. A column that was
 * added later is omitted if null, so that older messages stay canonical.
 */
export function canonicalBytes(tick: Tick, contract: number = CONTRACT_VERSION): Uint8Array {
  const ordered: Record<string, unknown> = {}
  for (const { name, glue, since } of tickColumns) {
    const value = tick[name]
    if (since > 1 && (since > contract || value === null)) continue
    const isTime = glue === 'timestamp' && typeof value === 'string'
    ordered[name] = isTime ? (canonicalTime(value) ?? value) : value
  }
  return encoder.encode(JSON.stringify(ordered))
}

/** Whether a string column accepts it: not empty, not too long, well-formed Unicode without control characters. */
export function isText(text: string): boolean {
  return text !== '' && text.length <= MAX_TEXT && text.isWellFormed() && !/[\u0000-\u001f\u007f]/.test(text)
}

/**
 * All faults at once, under the first one's reason, so that a sender can fix them all at once. @param written the
 * fields under the message's names
 */
function faultIn(
  fields: Record<string, unknown>,
  columns: readonly TickColumn[],
  written: Record<string, unknown> = fields,
): Fault | undefined {
  let first: Fault | undefined
  const details: string[] = []
  for (const column of columns) {
    const fault = faultOf(column, fields)
    if (!fault) continue
    first ??= fault
    details.push(
      fault.reason === 'missing_field' || !Object.hasOwn(written, column.name)
        ? fault.detail + nearName(written, column.name)
        : fault.detail,
    )
  }
  return first && { reason: first.reason, detail: details.join('. ') }
}

function faultOf(
  column: TickColumn,
  fields: Record<string, unknown>,
): { reason: RejectReason; detail: string } | undefined {
  const { name } = column
  if (!Object.hasOwn(fields, name)) {
    return column.since === 1 ? { reason: 'missing_field', detail: `${name} is missing` } : undefined
  }
  const value = fields[name]
  if (value === null && column.nullable) return undefined
  if (column.glue === 'double') {
    if (typeof value !== 'number') return wrongType(name, 'a number', value)
    if (!Number.isFinite(value)) return { reason: 'not_finite', detail: `${name} is too large for a double` }
    return undefined
  }
  if (typeof value !== 'string') return wrongType(name, 'a string', value)
  if (column.glue === 'date') {
    return isDay(value)
      ? undefined
      : { reason: 'bad_date', detail: `${name} is ${shorten(value)}, not a real YYYY-MM-DD` }
  }
  if (column.glue === 'timestamp') {
    if (canonicalTime(value) !== undefined) return undefined
    const wanted = 'a real time as 2026-11-21T09:30:00.000Z'
    return { reason: 'bad_timestamp', detail: `${name} is ${shorten(value)}, not ${wanted}` }
  }
  if (isText(value)) return undefined
  return {
    reason: 'bad_text',
    detail: `${name} is empty, longer than ${MAX_TEXT}, or has control characters`,
  }
}

function wrongType(name: string, wanted: string, value: unknown): { reason: RejectReason; detail: string } {
  const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`
  return { reason: 'wrong_type', detail: `${name} is ${found}, not ${wanted}` }
}

function shorten(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}

function reject(reason: RejectReason, detail: string): Validation {
  return { accepted: false, reason, detail }
}
