// Splits a byte stream of any size into blocks of whole lines, holding back at most one line.

/** A longer line is not market data; it is skipped in constant memory. */
export const MAX_LINE_BYTES = 1024 * 1024
const NEWLINE = 0x0a

export interface Block {
  /** The line number of the block's first line, counted from 1. */
  readonly firstLine: number
  /**
   * One or more lines with their line ends; only a file's last line may lack one. Absent for a line that was too long.
   */
  readonly bytes?: Buffer
}

/** @param chunks the file's bytes, split anywhere */
export async function* wholeLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Block> {
  let line = 1
  let held: Buffer = Buffer.alloc(0)
  let passingOver = false
  for await (const chunk of chunks) {
    let fresh = chunk
    if (passingOver) {
      const end = fresh.indexOf(NEWLINE)
      if (end === -1) continue
      yield { firstLine: line++ }
      passingOver = false
      fresh = fresh.subarray(end + 1)
    }
    const end = fresh.lastIndexOf(NEWLINE) + 1
    if (end > 0) {
      const bytes = held.length === 0 ? fresh.subarray(0, end) : Buffer.concat([held, fresh.subarray(0, end)])
      yield { firstLine: line, bytes }
      line += newlines(bytes)
      held = fresh.subarray(end)
    } else {
      held = Buffer.concat([held, fresh])
      if (held.length <= MAX_LINE_BYTES) continue
      held = Buffer.alloc(0)
      passingOver = true
    }
  }
  if (passingOver) yield { firstLine: line }
  else if (held.length > 0) yield { firstLine: line, bytes: held }
}

function newlines(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count++
  return count
}
