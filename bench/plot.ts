// A bar plot as SVG that is legible on a light and on a dark page.
export interface Bar {
  readonly name: string
  readonly value: number
}

const ROW = 28
const LABEL_WIDTH = 270
const BAR_WIDTH = 340
const VALUE_WIDTH = 110

/** One bar per line; the longest is as wide as the plot. */
export function barPlot(title: string, bars: readonly Bar[]): string {
  const height = ROW * (bars.length + 1) + 12
  const most = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE)
  const lines = bars.map(({ name, value }, i) => {
    const top = ROW * (i + 1)
    const width = Math.max(1, (value / most) * BAR_WIDTH)
    return [
      `<text x="${LABEL_WIDTH - 8}" y="${top + 18}" text-anchor="end">${escaped(name)}</text>`,
      `<rect x="${LABEL_WIDTH}" y="${top + 4}" width="${width.toFixed(1)}" height="${ROW - 8}" rx="3"/>`,
      `<text x="${(LABEL_WIDTH + width + 8).toFixed(1)}" y="${top + 18}">${label(value)}</text>`,
    ].join('\n')
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LABEL_WIDTH + BAR_WIDTH + VALUE_WIDTH} ${height}" role="img">
<title>${escaped(title)}</title>
<style>text { font: 13px system-ui, sans-serif; fill: #59636e } rect { fill: #4c78a8 }</style>
<text x="${LABEL_WIDTH}" y="18">${escaped(title)}</text>
${lines.join('\n')}
</svg>
`
}

function label(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
