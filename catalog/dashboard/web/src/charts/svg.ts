// A drawing as an SVG file. Pure.
import type { Shape, Size } from './drawing.ts'

export const FONT = 'system-ui, sans-serif'

/** A complete SVG document, with its background. */
export function svgText(shapes: readonly Shape[], { width, height }: Size, background: string): string {
  const body = shapes.map(element).join('\n')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="${FONT}" font-size="11">
<rect width="${width}" height="${height}" fill="${background}"/>
${body}
</svg>
`
}

function element(shape: Shape): string {
  if (shape.kind === 'line') {
    const points = shape.points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ')
    return `<polyline points="${points}" fill="none" stroke="${shape.colour}" stroke-width="${shape.width}"/>`
  }
  if (shape.kind === 'dot')
    return `<circle cx="${round(shape.x)}" cy="${round(shape.y)}" r="2.5" fill="${shape.colour}"/>`
  if (shape.kind === 'box') {
    return `<rect x="${round(shape.x)}" y="${round(shape.y)}" width="${round(shape.width)}" height="${round(shape.height)}" fill="${shape.colour}"/>`
  }
  return `<text x="${round(shape.x)}" y="${round(shape.y)}" text-anchor="${shape.align}" fill="${shape.colour}">${escaped(shape.text)}</text>`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  // A file must be well-formed XML, whatever the result holds.
  return text
    .toWellFormed()
    .replaceAll(/[&<>"]/g, (char) => entities[char]!)
    .replaceAll(/[\u0000-\u001f\ufffe\uffff]/g, '\ufffd')
}
