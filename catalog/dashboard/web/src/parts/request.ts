// Requests to the server; a refusal becomes the problem that the dashboard shows.
import { useCallback, useEffect, useState } from 'preact/hooks'
import type { Problem } from '../../../server/wire.ts'

export class Refused extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.what)
    this.problem = problem
  }
}

export async function request<T>(path: string, body?: unknown): Promise<T> {
  const answer = await send(path, body)
  return (await answer.json()) as T
}

/** @throws Refused */
export async function send(path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  let answer: Response
  try {
    answer = await fetch(path, {
      ...(body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new Refused({
      code: 'SERVER_AWAY',
      what: 'the server of the dashboard does not answer; data and services are unchanged',
      why: error instanceof Error ? error.message : String(error),
      remedy: 'start it again: `make demo`, `make up` or `catalog serve`',
    })
  }
  if (answer.ok) return answer
  const { problem } = (await answer.json().catch(() => ({}))) as { problem?: Problem }
  throw new Refused(
    problem ?? { code: `HTTP_${answer.status}`, what: 'the server refused', remedy: 'reload the dashboard' },
  )
}

export function problemOf(error: unknown): Problem {
  if (error instanceof Refused) return error.problem
  return {
    code: 'DASHBOARD',
    what: 'unhandled error in the dashboard',
    why: String(error),
    remedy: 'reload the dashboard',
  }
}

export interface Answer<T> {
  readonly value: T | undefined
  readonly problem: Problem | undefined
  readonly busy: boolean
  readonly again: () => void
}

/** The answer of a path; requested again when the path changes or `again` is called. */
export function useAnswer<T>(path: string): Answer<T> {
  const [state, setState] = useState<{ value?: T; problem?: Problem; busy: boolean; path?: string }>({
    busy: true,
  })
  const [times, setTimes] = useState(0)
  useEffect(() => {
    let stale = false
    setState((before) => ({
      ...(before.path === path && before.value !== undefined ? { value: before.value } : {}),
      busy: true,
      path,
    }))
    request<T>(path).then(
      (value) => !stale && setState({ value, busy: false, path }),
      (error) => !stale && setState({ problem: problemOf(error), busy: false, path }),
    )
    return () => {
      stale = true
    }
  }, [path, times])
  const again = useCallback(() => setTimes((before) => before + 1), [])
  return { value: state.value, problem: state.problem, busy: state.busy, again }
}

export interface Action<T> {
  /** The result; undefined while it runs. */
  readonly value: T | undefined
  readonly problem: Problem | undefined
  readonly busy: boolean
  readonly start: () => void
}

/** Work that a button starts. */
export function useAction<T>(work: () => Promise<T>): Action<T> {
  const [state, setState] = useState<{ value?: T; problem?: Problem; busy: boolean }>({ busy: false })
  const start = () => {
    setState({ busy: true })
    work().then(
      (value) => setState({ value, busy: false }),
      (error) => setState({ problem: problemOf(error), busy: false }),
    )
  }
  return { value: state.value, problem: state.problem, busy: state.busy, start }
}
