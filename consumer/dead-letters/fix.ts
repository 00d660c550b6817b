// Fixes a rejected record: sets some fields, or replaces the whole value; then it is validated like any other.
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { validate } from '@ticklake/contract/validation.ts'
import type { DeadLetter } from '@ticklake/lake/dead-files.ts'
import { bytesOf } from './displayed-record.ts'

/** What to change. Without either, the unchanged record is validated again. */
export interface Fix {
  /** New values of fields of the JSON object. */
  readonly set?: Readonly<Record<string, unknown>>
  /** The whole value. */
  readonly value?: Uint8Array
}

export type FixedRecord =
  | { readonly accepted: true; readonly key: Buffer | null; readonly value: Buffer }
  | { readonly accepted: false; readonly why: string }

/** Pure: the message to send in the record's place, or why it would be rejected again. */
export function fixDeadLetter(deadLetter: DeadLetter, { set, value }: Fix): FixedRecord {
  let bytes = value ?? bytesOf(deadLetter.value)
  if (set && Object.keys(set).length > 0) {
    let fields: unknown
    try {
      fields = JSON.parse(Buffer.from(bytes ?? []).toString('utf8'))
    } catch {
      fields = undefined
    }
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
      return {
        accepted: false,
        why: 'its value is not a JSON object, so no field can be set: replace it with --value',
      }
    }
    bytes = Buffer.from(JSON.stringify({ ...fields, ...set }))
  }
  // A record that is a tick only by aliases is sent in its canonical form, which every consumer accepts.
  const result = validate(bytes, CONTRACT_VERSION, true)
  if (!result.accepted) return { accepted: false, why: `${result.reason}: ${result.detail}` }
  const canonical = Buffer.from(result.canonical)
  const { index } = JSON.parse(canonical.toString()) as { index: string }
  return { accepted: true, key: bytesOf(deadLetter.key) ?? Buffer.from(index), value: canonical }
}

/**
 * Reads `field=value`: the value is JSON if it parses (`3.5`, `null`, `"HSI"`), else text (`HSI`). @throws Error with a
 * plain sentence when there is no field
 */
export function parseSet(text: string): [field: string, value: unknown] {
  const at = text.indexOf('=')
  if (at < 1) throw new Error(`${text} sets no field: write field=value, for example close=28412.5`)
  const value = text.slice(at + 1)
  try {
    return [text.slice(0, at), JSON.parse(value)]
  } catch {
    return [text.slice(0, at), value]
  }
}

/** One line of fixed records: which one, and its new value as text, as JSON, or in base64. */
export interface FixedLine {
  readonly topicId?: string
  readonly partition: number
  readonly offset: number
  readonly value: Uint8Array
}

/**
 * Reads a line of `dlq show --output jsonl` with a changed value. @throws Error with a plain sentence for any other
 * line
 */
export function parseFixedLine(line: string): FixedLine {
  const fields = JSON.parse(line) as Record<string, unknown>
  const { topicId, partition, offset, value, valueBase64 } = fields ?? {}
  if (!isCount(partition) || !isCount(offset))
    throw new Error('partition and offset, which identify the record, are missing')
  const origin = { partition, offset, ...(typeof topicId === 'string' && { topicId }) }
  if (typeof value === 'string') return { ...origin, value: Buffer.from(value) }
  if (typeof value === 'object' && value !== null)
    return { ...origin, value: Buffer.from(JSON.stringify(value)) }
  if (typeof valueBase64 === 'string') return { ...origin, value: Buffer.from(valueBase64, 'base64') }
  throw new Error('it has no value: text, an object, or valueBase64')
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
