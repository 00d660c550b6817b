// A statement that was changed for the engine, and the mapping of positions in the engine's errors.
import { positionOf } from '@ticklake/runtime/sql/tokens.ts'

export interface RewrittenSql {
  readonly sql: string
  /** Settings of the engine's catalogs for this statement only. */
  readonly session?: Readonly<Record<string, string>>
  /** The folder that an UNLOAD writes to, with a slash at its end. */
  readonly unloadsTo?: string
  /** The Iceberg table that it creates, with properties that the engine does not set. */
  readonly makesIceberg?: {
    readonly database: string
    readonly name: string
    readonly properties: Readonly<Record<string, string>>
  }
  /** Whether its rows may name the engine's catalogs, as a plan does. */
  readonly showsCatalogs?: boolean
  /** An error text of the engine, with its position (`line 1:8:`) counted in the user's own statement. */
  readonly inOwnPositions: (message: string) => string
}

/** A part of a statement, by its offsets, and its replacement. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** A statement that goes to the engine unchanged. */
export function unchanged(sql: string): RewrittenSql {
  return { sql, inOwnPositions: (message) => message }
}

/** A statement with some of its parts replaced; the edits are sorted and do not overlap. */
export function edited(sql: string, edits: readonly Edit[]): RewrittenSql {
  let text = ''
  let end = 0
  for (const edit of edits) {
    text += sql.slice(end, edit.start) + edit.text
    end = edit.end
  }
  const whole = text + sql.slice(end)
  return {
    sql: whole,
    inOwnPositions: (message) =>
      message.replace(/^line (\d+):(\d+):/, (all, line, column) => {
        const offset = offsetOf(whole, Number(line), Number(column))
        if (offset === undefined) return all
        const own = positionOf(sql, ownOffset(edits, offset))
        return `line ${own.line}:${own.column}:`
      }),
  }
}

/** The position in the user's statement for an offset of the edited one: inside an edit, its beginning. */
function ownOffset(edits: readonly Edit[], offset: number): number {
  let moved = 0
  for (const { start, end, text } of edits) {
    if (offset < start + moved) break
    if (offset < start + moved + text.length) return start
    moved += text.length - (end - start)
  }
  return offset - moved
}

function offsetOf(sql: string, line: number, column: number): number | undefined {
  let start = 0
  for (let i = 1; i < line; i++) {
    const end = sql.indexOf('\n', start)
    if (end < 0) return undefined
    start = end + 1
  }
  return start + column - 1
}
