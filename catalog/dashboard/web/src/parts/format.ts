// Numbers, times and sizes for people.

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const one = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })

/** Unknown is a dash. */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : whole.format(value)
}

/** 12,345 as 12.3K: for axes. */
export function short(value: number): string {
  if (Math.abs(value) >= 1e9) return `${one.format(value / 1e9)}B`
  if (Math.abs(value) >= 1e6) return `${one.format(value / 1e6)}M`
  if (Math.abs(value) >= 1e4) return `${one.format(value / 1e3)}K`
  return one.format(value)
}

/** The marks of an axis, all in one unit and with enough decimals to distinguish them. */
export function axisLabels(marks: readonly number[]): string[] {
  const greatest = Math.max(0, ...marks.map((mark) => Math.abs(mark)))
  const [unit, letter] = unitOf(greatest)
  const step = Math.abs((marks[1] ?? 0) - (marks[0] ?? 0)) / unit
  const decimals = step > 0 ? Math.min(12, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9))) : 0
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals }
  const format = new Intl.NumberFormat('en-US', { ...digits, signDisplay: 'negative' })
  return marks.map((mark) => (mark === 0 ? '0' : format.format(mark / unit) + letter))
}

function unitOf(greatest: number): [number, string] {
  if (greatest >= 1e9) return [1e9, 'B']
  if (greatest >= 1e6) return [1e6, 'M']
  return greatest >= 1e4 ? [1e3, 'K'] : [1, '']
}

export function rate(perSecond: number | null): string {
  if (perSecond === null) return '–'
  return perSecond > 0 && perSecond < 10 ? one.format(perSecond) : whole.format(perSecond)
}

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  if (value < 1000) return `${value} B`
  if (value < 1e6) return `${one.format(value / 1e3)} KB`
  if (value < 1e9) return `${one.format(value / 1e6)} MB`
  return `${one.format(value / 1e9)} GB`
}

/** A duration, or how long ago something was. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–'
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
  if (ms < 172_800_000) return `${(ms / 3_600_000).toFixed(1)} h`
  return `${Math.round(ms / 86_400_000)} days`
}

export function dollars(value: number): string {
  if (value === 0) return '$0'
  return value < 0.01 ? `$${value.toFixed(6)}` : `$${value.toFixed(2)}`
}

export function price(value: number): string {
  const digits = Math.abs(value) >= 1000 ? 1 : 2
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** UTC, like all times of the dashboard. */
export function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19)
}

export function moment(ms: number | null): string {
  return ms === null ? '–' : `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}
