// A screen as an SVG: text stays text, so that the picture is small, sharp, and can be read aloud and searched. Pure.
import type { Run, Style } from './terminal-screen.ts'

const FONT_SIZE = 13
const CHAR_WIDTH = 7.8
const LINE_HEIGHT = 18
const MARGIN = 18
const BAR = 34

/** As on a dark terminal, each at least 4.5 to 1 against its ground. */
const ground = '#10171a'
const bar = '#1b2529'
const ink = '#d7dfe0'
const faint = '#8fa0a4'
const colours: Readonly<Record<number, string>> = {
  31: '#ff8a7a',
  32: '#7fd6a0',
  33: '#f0c36a',
}

/** @param title stands in the bar of the window, and names the picture for a screen reader */
export function terminalSvg(lines: readonly (readonly Run[])[], columns: number, title: string): string {
  const width = Math.ceil(columns * CHAR_WIDTH + 2 * MARGIN)
  const height = BAR + lines.length * LINE_HEIGHT + 2 * MARGIN
  const rows = lines.map((runs, i) => rowOf(runs, BAR + MARGIN + (i + 0.75) * LINE_HEIGHT))
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
<title>${escaped(title)}</title>
<rect width="${width}" height="${height}" rx="10" fill="${ground}"/>
<path d="M0 ${BAR}V10A10 10 0 0 1 10 0H${width - 10}A10 10 0 0 1 ${width} 10V${BAR}Z" fill="${bar}"/>
<g fill="${faint}"><circle cx="20" cy="17" r="5"/><circle cx="38" cy="17" r="5"/><circle cx="56" cy="17" r="5"/></g>
<g font-family="ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${FONT_SIZE}" fill="${ink}">
<text x="${width / 2}" y="21.500" text-anchor="middle" fill="${faint}">${escaped(title)}</text>
${rows.filter((row) => row !== '').join('\n')}
</g>
</svg>
`
}

/** Each run has the width that it would have on a terminal, whatever font there is. */
function rowOf(runs: readonly Run[], y: number): string {
  let column = 0
  return runs
    .map(({ text, style }) => {
      const lead = text.length - text.trimStart().length
      const shown = text.trim()
      const x = MARGIN + (column + lead) * CHAR_WIDTH
      column += text.length
      if (shown === '') return ''
      const size = `textLength="${tidy(shown.length * CHAR_WIDTH)}" lengthAdjust="spacingAndGlyphs"`
      return `<text x="${tidy(x)}" y="${tidy(y)}" ${size} xml:space="preserve"${attributesOf(style)}>${escaped(shown)}</text>`
    })
    .join('')
}

function attributesOf({ bold, dim, colour }: Style): string {
  const fill = colour === undefined ? (dim ? faint : undefined) : colours[colour]
  return `${fill ? ` fill="${fill}"` : ''}${bold ? ' font-weight="bold"' : ''}`
}

function tidy(value: number): string {
  return String(Math.round(value * 100) / 100)
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
