// One run of a statement, with its answer so far. Closing the connection cancels it in Athena.
import type { Cell, Column, Problem, QueryLine } from '../../../server/wire.ts'
import { problemOf, send } from './request.ts'

export interface QueryRun {
  readonly sql: string
  readonly startedAt: number
  readonly state: 'running' | 'done' | 'failed' | 'cancelled'
  readonly columns: readonly Column[]
  /** Grows in place while it runs. */
  readonly rows: readonly (readonly Cell[])[]
  readonly truncated: boolean
  readonly elapsedMs: number
  readonly scannedBytes: number
  readonly dollars: number
  readonly problem: Problem | undefined
}

/** Runs the statement. `onChange` gets the whole run at each change. */
export async function runQuery(
  path: string,
  body: object,
  sql: string,
  signal: AbortSignal,
  onChange: (run: QueryRun) => void,
): Promise<QueryRun> {
  const rows: (readonly Cell[])[] = []
  let run: QueryRun = {
    sql,
    startedAt: Date.now(),
    state: 'running',
    columns: [],
    rows,
    truncated: false,
    elapsedMs: 0,
    scannedBytes: 0,
    dollars: 0,
    problem: undefined,
  }
  const change = (changed: Partial<QueryRun>) => {
    run = { ...run, ...changed }
    onChange(run)
  }
  change({})
  try {
    const answer = await send(path, body, signal)
    for await (const line of linesOf(answer.body!)) {
      if (line.type === 'columns') change({ columns: line.columns })
      else if (line.type === 'rows') {
        for (const row of line.rows) rows.push(row)
        change({})
      } else if (line.type === 'end') {
        const { truncated, elapsedMs, scannedBytes, dollars } = line
        change({ state: 'done', truncated, elapsedMs, scannedBytes, dollars })
      } else change({ state: 'failed', problem: line.problem, elapsedMs: Date.now() - run.startedAt })
    }
    if (run.state === 'running') throw new Error('the answer ended before its last line')
  } catch (error) {
    const elapsedMs = Date.now() - run.startedAt
    if (signal.aborted) change({ state: 'cancelled', elapsedMs })
    else change({ state: 'failed', problem: problemOf(error), elapsedMs })
  }
  return run
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<QueryLine> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>)
    .getReader()
  let rest = ''
  while (true) {
    const { done, value } = await reader.read()
    if (done) break
    const lines = (rest + value).split('\n')
    rest = lines.pop()!
    for (const line of lines) if (line !== '') yield JSON.parse(line) as QueryLine
  }
}
