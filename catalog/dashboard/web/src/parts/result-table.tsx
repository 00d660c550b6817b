// A result of any length: only the visible rows are in the DOM. Arrow keys move from cell to cell.
// biome-ignore-all lint/a11y/useSemanticElements: a <table> cannot leave out the rows that are not visible
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active cell (aria-activedescendant)
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the grid's own keys move the active cell
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Cell, Column } from '../../../server/wire.ts'
import controls from './controls.module.css'
import { download } from './download.ts'
import { csvOf, isNumber, type Order, orderOf, tabbed } from './result.ts'
import styles from './result-table.module.css'

const ROW_HEIGHT = 30
const ROWS_BEYOND = 8
const MEASURED_ROWS = 200
const NUMBER_COLUMN = 64

interface Props {
  columns: readonly Column[]
  rows: readonly (readonly Cell[])[]
  label: string
  /** The name of the downloaded file, without its extension. */
  fileName: string
  /** Lower, and with its own border: for use within a panel. */
  compact?: boolean
}

export function ResultTable({ columns, rows, label, fileName, compact }: Props) {
  const scroller = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const [height, setHeight] = useState(400)
  const [order, setOrder] = useState<Order>()
  const [active, setActive] = useState({ row: 0, column: 0 })
  const [message, setMessage] = useState('')
  const [safe, setSafe] = useState(false)
  const rowNumbers = useMemo(() => orderOf(rows, columns, order), [rows, rows.length, columns, order])
  const measured = Math.min(rows.length, MEASURED_ROWS)
  const widths = useMemo(() => widthsOf(columns, rows), [columns, rows, measured])
  useEffect(() => {
    const element = scroller.current!
    const observer = new ResizeObserver(() => setHeight(element.clientHeight))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - ROWS_BEYOND)
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW_HEIGHT) + ROWS_BEYOND)
  const grid = { gridTemplateColumns: `${NUMBER_COLUMN}px ${widths.map((width) => `${width}px`).join(' ')}` }

  const copy = async (text: string, what: string) => {
    try {
      await navigator.clipboard.writeText(text)
      setMessage(`${what} copied`)
    } catch {
      setMessage('the browser does not allow copying')
    }
  }
  const move = (row: number, column: number) => {
    const next = {
      row: clamp(row, 0, Math.max(0, rows.length - 1)),
      column: clamp(column, 0, columns.length - 1),
    }
    setActive(next)
    reveal(scroller.current!, next, widths)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return
    const page = Math.max(1, Math.floor(height / ROW_HEIGHT) - 2)
    const { row, column } = active
    const to: Record<string, () => void> = {
      ArrowDown: () => move(row + 1, column),
      ArrowUp: () => move(row - 1, column),
      ArrowRight: () => move(row, column + 1),
      ArrowLeft: () => move(row, column - 1),
      PageDown: () => move(row + page, column),
      PageUp: () => move(row - page, column),
      Home: () => move(event.ctrlKey ? 0 : row, 0),
      End: () => move(event.ctrlKey ? rows.length - 1 : row, columns.length - 1),
    }
    if (event.key.toLowerCase() === 'c' && (event.ctrlKey || event.metaKey) && !getSelection()?.toString()) {
      event.preventDefault()
      void copy(rows[rowNumbers[row]!]?.[column] ?? '', 'the cell is')
      return
    }
    const step = to[event.key]
    if (!step) return
    event.preventDefault()
    step()
  }
  return (
    <div class={styles.result} data-compact={compact || undefined}>
      <div class={styles.tools}>
        <span role="status" class="note">
          {message}
        </span>
        <label
          class={styles.choice}
          title="Puts an apostrophe before cells that a spreadsheet would calculate (= + - @). Numbers stay; other such cells are changed."
        >
          <input type="checkbox" checked={safe} onChange={(event) => setSafe(event.currentTarget.checked)} />
          No formulas
        </label>
        <button
          type="button"
          class={controls.quiet}
          onClick={() => copy(tabbed(rows, columns, rowNumbers, safe), `${rows.length} rows`)}
        >
          Copy
        </button>
        <button
          type="button"
          class={controls.quiet}
          onClick={() =>
            download(
              `${fileName}.csv`,
              new Blob([csvOf(rows, columns, rowNumbers, safe)], { type: 'text/csv;charset=utf-8' }),
            )
          }
        >
          Download CSV
        </button>
      </div>
      <div
        class={styles.grid}
        ref={scroller}
        role="grid"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length}
        aria-activedescendant={rows.length > 0 ? cellId(active.row, active.column) : undefined}
        tabIndex={0}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
        onKeyDown={onKeyDown}
      >
        <div class={`${styles.row} ${styles.head}`} role="row" aria-rowindex={1} style={grid}>
          <span class={styles.number} role="presentation" />
          {columns.map((column, i) => (
            <span
              key={i}
              role="columnheader"
              class={isNumber(column.type) ? 'right' : ''}
              aria-colindex={i + 1}
              aria-sort={order?.column === i ? (order.descending ? 'descending' : 'ascending') : 'none'}
            >
              <button
                type="button"
                onClick={() => setOrder(nextOrder(order, i))}
                title={`${column.name} (${column.type}): sort`}
              >
                <span class={styles.name}>{column.name}</span>
                <span class={styles.type}>{column.type}</span>
                <span class={styles.sort} aria-hidden="true">
                  {order?.column === i ? (order.descending ? '↓' : '↑') : ''}
                </span>
              </button>
            </span>
          ))}
        </div>
        <div class={styles.body} role="rowgroup" style={{ height: `${rows.length * ROW_HEIGHT}px` }}>
          {Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i).map((at) => {
            const row = rows[rowNumbers[at]!]
            return (
              <div
                key={at}
                class={styles.row}
                role="row"
                aria-rowindex={at + 2}
                style={{ ...grid, transform: `translateY(${at * ROW_HEIGHT}px)` }}
              >
                <span class={`num ${styles.number}`} role="presentation">
                  {at + 1}
                </span>
                {columns.map((column, i) => {
                  const cell = row?.[i] ?? null
                  return (
                    <span
                      key={i}
                      id={cellId(at, i)}
                      role="gridcell"
                      aria-colindex={i + 1}
                      class={isNumber(column.type) ? 'num right' : ''}
                      data-active={(active.row === at && active.column === i) || undefined}
                      title={cell ?? 'NULL'}
                      onClick={() => {
                        setActive({ row: at, column: i })
                        scroller.current?.focus({ preventScroll: true })
                      }}
                    >
                      {cell === null ? <span class={styles.null}>NULL</span> : cell}
                    </span>
                  )
                })}
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}

/** Ascending, descending, original order. */
function nextOrder(order: Order | undefined, column: number): Order | undefined {
  if (order?.column !== column) return { column, descending: false }
  return order.descending ? undefined : { column, descending: true }
}

function cellId(row: number, column: number): string {
  return `cell-${row}-${column}`
}

/** Wide enough for the longest of the first rows as the browser draws it, within bounds. */
function widthsOf(columns: readonly Column[], rows: Props['rows']): number[] {
  const context = document.createElement('canvas').getContext('2d')
  const { fontFamily } = getComputedStyle(document.body)
  const measure = (text: string, font: string) => {
    if (!context) return text.length * 8
    context.font = `${font} ${fontFamily}`
    return context.measureText(text).width
  }
  return columns.map((column, i) => {
    let longest = ''
    for (const row of rows.slice(0, MEASURED_ROWS)) {
      const cell = row[i] ?? 'NULL'
      if (cell.length > longest.length) longest = cell
    }
    const heading = Math.max(measure(column.name, '640 13px'), measure(column.type, '11px')) + 16
    return Math.ceil(clamp(Math.max(heading, measure(longest, '13px')) + 28, 80, 420))
  })
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value))
}

function reveal(
  scroller: HTMLElement,
  { row, column }: { row: number; column: number },
  widths: number[],
): void {
  const y = row * ROW_HEIGHT
  const visible = scroller.clientHeight - 2 * ROW_HEIGHT
  if (y < scroller.scrollTop) scroller.scrollTop = y
  else if (y > scroller.scrollTop + visible) scroller.scrollTop = y - visible
  const x = widths.slice(0, column).reduce((sum, width) => sum + width, 0)
  if (x < scroller.scrollLeft) scroller.scrollLeft = x
  else if (x + widths[column]! + NUMBER_COLUMN > scroller.scrollLeft + scroller.clientWidth) {
    scroller.scrollLeft = x + widths[column]! + NUMBER_COLUMN - scroller.clientWidth
  }
}
