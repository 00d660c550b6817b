// Splits a file of SQL into its statements.

export interface SeedStatement {
  readonly sql: string
  /** The line on which it starts, from 1. */
  readonly line: number
}

/**
 * A statement ends with a `;` at the end of a line, or with the file; lines between statements that are blank or a
 * comment (`--`) are skipped. So a `;` within a line, in a string or in a comment, does not end a statement.
 */
export function seedStatements(text: string): SeedStatement[] {
  const statements: SeedStatement[] = []
  let lines: string[] = []
  let start = 0
  const end = () => {
    if (lines.length > 0) statements.push({ sql: lines.join('\n'), line: start })
    lines = []
  }
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim()
    if (lines.length === 0) {
      if (trimmed === '' || trimmed === ';' || trimmed.startsWith('--')) continue
      start = i + 1
    }
    if (trimmed.endsWith(';')) {
      lines.push(line.trimEnd().slice(0, -1))
      end()
    } else lines.push(line)
  }
  end()
  return statements
}
