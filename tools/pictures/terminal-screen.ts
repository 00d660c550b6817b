// What a terminal shows after a program has written to it: enough of one for the project's own commands. Pure.

export interface Style {
  readonly bold: boolean
  readonly dim: boolean
  /** 30 to 37 as a terminal numbers them; undefined is the terminal's own. */
  readonly colour: number | undefined
}

export interface Run {
  readonly text: string
  readonly style: Style
}

interface Cell {
  readonly char: string
  readonly style: Style
}

const plain: Style = { bold: false, dim: false, colour: undefined }

/** A control sequence, a line break, a return, or text between them. */
const token = /\u001b\[([\d;?]*)([A-Za-z])|\u001b[^[]|\r|\n|[^\u001b\r\n]+/g

/**
 * The lines that stand on the screen in the end, each as runs of one style.
 * @param columns a longer line goes on in the next one
 */
export function screenOf(written: string, columns: number): Run[][] {
  const lines: Cell[][] = [[]]
  let style = plain
  let column = 0
  const put = (char: string) => {
    if (column === columns) {
      lines.push([])
      column = 0
    }
    const line = lines.at(-1)!
    while (line.length < column) line.push({ char: ' ', style: plain })
    line[column++] = { char, style }
  }
  for (const [all, numbers, command] of written.matchAll(token)) {
    if (all === '\r') column = 0
    else if (all === '\n') {
      lines.push([])
      column = 0
    } else if (command === 'K') lines.at(-1)!.length = Math.min(lines.at(-1)!.length, column)
    else if (command === 'm') style = styled(style, numbers!)
    else if (!all.startsWith('\u001b')) for (const char of all) put(char)
  }
  if (lines.at(-1)!.length === 0) lines.pop()
  return lines.map(runsOf)
}

function styled(style: Style, numbers: string): Style {
  let now = style
  for (const number of numbers.split(';').map(Number)) {
    if (number === 0) now = plain
    else if (number === 1) now = { ...now, bold: true }
    else if (number === 2) now = { ...now, dim: true }
    else if (number === 22) now = { ...now, bold: false, dim: false }
    else if (number === 39) now = { ...now, colour: undefined }
    else if (number >= 30 && number <= 37) now = { ...now, colour: number }
  }
  return now
}

function runsOf(cells: readonly Cell[]): Run[] {
  const runs: { text: string; style: Style }[] = []
  for (const { char, style } of cells) {
    const last = runs.at(-1)
    if (last?.style === style) last.text += char
    else runs.push({ text: char, style })
  }
  return runs
}
