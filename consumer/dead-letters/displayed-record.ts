// A rejected record for display: its origin as one word, its bytes as text if they are text.
import type { DeadLetter } from '@ticklake/lake/dead-files.ts'

/** Where a record was read: its identity in a replay. */
export interface Origin {
  /** 32 hex digits */
  readonly topicId: string
  readonly partition: number
  readonly offset: number
}

/** A rejected record for people and programs. Bytes that are not UTF-8 are in base64, in a separate field. */
export interface ReadableDeadLetter extends Origin {
  readonly topic: string
  /** When the broker appended it; null if unknown. */
  readonly timestamp: string | null
  readonly reason: string
  readonly detail: string
  readonly key?: string | null
  readonly keyBase64?: string
  readonly value?: string | null
  readonly valueBase64?: string
  readonly headers: readonly {
    readonly name: string
    readonly value?: string | null
    readonly valueBase64?: string
  }[]
}

/** The origin as one word, `<topic id>:<partition>:<offset>`: its key in the ledger. */
export function originText({ topicId, partition, offset }: Origin): string {
  return `${topicId}:${partition}:${offset}`
}

/**
 * Reads `<partition>:<offset>`, with or without the topic's id before it.
 * @throws Error with a plain sentence if the text is neither, or names another topic
 */
export function parseOrigin(text: string, topicId: string): Origin {
  const match = /^(?:([0-9a-f]{32}):)?(\d{1,9}):(\d{1,16})$/.exec(text)
  if (!match) throw new Error(`${text} is not a record: write <partition>:<offset>, for example 0:1234`)
  if (match[1] && match[1] !== topicId) {
    throw new Error(`${text} is of another topic: the dataset’s topic has id ${topicId}`)
  }
  return { topicId, partition: Number(match[2]), offset: Number(match[3]) }
}

/** The rejected record with its bytes made readable. */
export function readable(deadLetter: DeadLetter): ReadableDeadLetter {
  const { topic, topicId, partition, offset, timestampMs, reason, detail } = deadLetter
  return {
    topic,
    topicId,
    partition,
    offset,
    timestamp: timeText(timestampMs),
    reason,
    detail,
    ...named('key', deadLetter.key),
    ...named('value', deadLetter.value),
    headers: deadLetter.headers.map(([name, value]) => ({ name, ...named('value', value) })),
  }
}

/** The bytes of a field of a dead-letter file. */
export function bytesOf(base64: string | null): Buffer | null {
  return base64 === null ? null : Buffer.from(base64, 'base64')
}

function named<N extends 'key' | 'value'>(name: N, base64: string | null) {
  if (base64 === null) return { [name]: null } as Record<N, null>
  const text = utf8(Buffer.from(base64, 'base64'))
  if (text === undefined) return { [`${name}Base64`]: base64 } as Record<`${N}Base64`, string>
  return { [name]: text } as Record<N, string>
}

/** The text, or undefined if the bytes are not text. */
function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** A timestamp outside any calendar (perhaps why the record was rejected) is shown as a number. */
function timeText(timestampMs: number | null): string | null {
  if (timestampMs === null || timestampMs < 0) return null
  const date = new Date(timestampMs)
  return Number.isNaN(date.getTime()) ? String(timestampMs) : date.toISOString()
}
