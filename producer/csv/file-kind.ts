// Identifies a file that is not a table: a binary format, a web page, an error message.
import { Failure } from '@ticklake/runtime/errors.ts'

const SHOWN = 200
/** A higher share of control characters than one in this many means that the bytes are not text. */
const CONTROLS_IN = 50

const binaryKinds: readonly (readonly [string, string])[] = [
  ['PAR1', 'a Parquet file'],
  ['\u00ff\u00fe\u0000\u0000', 'text in UTF-32'],
  ['\u0000\u0000\u00fe\u00ff', 'text in UTF-32'],
  ['ARROW1', 'an Arrow file'],
  ['ORC', 'an ORC file'],
  ['Obj\u0001', 'an Avro file'],
  ['SQLite format 3', 'an SQLite database'],
  ['%PDF', 'a PDF'],
  ['\u0089PNG', 'a PNG picture'],
  ['\u00ff\u00d8\u00ff', 'a JPEG picture'],
  ['\u00d0\u00cf\u0011\u00e0', 'an old Excel workbook (.xls)'],
  ['\u0089HDF', 'an HDF5 file'],
  ['BZh', 'packed with bzip2'],
  ['\u00fd7zXZ', 'packed with xz'],
  ["7z\u00bc\u00af'", 'packed with 7-Zip'],
  ['Rar!', 'packed with RAR'],
  ['\u0004"M\u0018', 'packed with LZ4'],
]

/** @throws Failure SOURCE_KIND if the first bytes are not text */
export function requireText(head: Buffer, file: string): void {
  const start = head.toString('latin1', 0, 16)
  const kind = binaryKinds.find(([magic]) => start.startsWith(magic))?.[1]
  if (kind) throw refuseKind(file, kind)
}

/** @param head the beginning of the text @throws Failure SOURCE_KIND if it is not a table */
export function requireTable(head: string, file: string): void {
  const text = withoutComments(head.trimStart())
  if (/^<(?:!doctype\s+html|html|head|body|table|div|script|meta|title)\b/i.test(text)) {
    const title = between(text, '<title')
    throw refuseKind(file, `a web page (HTML)${title ? `, titled ${JSON.stringify(title)}` : ''}`, text)
  }
  if (/^<(?:\?xml|[a-z][\w:.-]{0,100}[\s/>](?![^\n]{0,500},))/i.test(text) && text.includes('</')) {
    const message = between(text, '<message')
    throw refuseKind(file, `XML${message ? `, with the message ${JSON.stringify(message)}` : ''}`, text)
  }
  if (/^(?:\{\s*["}]|\[\s*[[{\]"])/.test(text)) {
    throw new Failure({
      code: 'SOURCE_KIND',
      what: `${file} is JSON, not a table; nothing was sent`,
      why: `it begins with ${shown(text)}`,
      remedy:
        'if it has one JSON object per line, pipe it into `producer run --source -`; otherwise see what its sender says',
    })
  }
  if (text.startsWith('version https://git-lfs')) {
    throw refuseKind(file, 'a Git LFS pointer; the file itself was not downloaded (`git lfs pull`)', text)
  }
  // A single one only makes its row bad.
  const controls = text.match(/[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/g)?.length ?? 0
  if (controls * CONTROLS_IN > text.length) throw refuseKind(file, 'a binary file', text)
}

/** Pages may begin with comments. */
function withoutComments(text: string): string {
  let rest = text
  while (rest.startsWith('<!--')) {
    const end = rest.indexOf('-->')
    if (end === -1) return rest
    rest = rest.slice(end + 3).trimStart()
  }
  return rest
}

/** @param kind such as `an Excel workbook` */
export function refuseKind(file: string, kind: string, head?: string): Failure {
  return new Failure({
    code: 'SOURCE_KIND',
    what: `${file} is ${kind}, not a text table; nothing was sent`,
    ...(head !== undefined && { why: `it begins with ${shown(head)}` }),
    remedy: 'download the data itself, or export it as CSV from the program that made it',
  })
}

/** The text of the first element that opens like this. */
function between(text: string, tag: string): string {
  const open = text.toLowerCase().indexOf(tag)
  const start = open === -1 ? -1 : text.indexOf('>', open)
  const end = start === -1 ? -1 : text.indexOf('<', start)
  return end === -1 ? '' : text.slice(start + 1, Math.min(end, start + SHOWN)).trim()
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, SHOWN).replace(/\s+/g, ' '))
}
