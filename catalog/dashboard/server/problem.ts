// Turns anything that was thrown into the three lines that the dashboard shows; an unexpected error's text stays in the log.
import { requestErrorStatus } from '@ticklake/aws/failure.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import type { Problem } from './wire.ts'

/** Out: what viewers may see: no stack, no unexpected text. @param onDefect gets any other error, for the log */
export function problemOf(thrown: unknown, onDefect: (defect: unknown) => void): Problem {
  if (!(thrown instanceof Failure)) {
    onDefect(thrown)
    return {
      code: 'DEFECT',
      what: 'unhandled error in the dashboard; data and services are unchanged',
      remedy: 'read the log of `catalog serve`, then reload the dashboard',
    }
  }
  const position = /\bline (\d+):(\d+)/.exec(thrown.why ?? '')
  return {
    code: thrown.code,
    what: thrown.message,
    ...(thrown.why ? { why: thrown.why } : {}),
    ...(thrown.remedy ? { remedy: thrown.remedy } : {}),
    ...(position ? { line: Number(position[1]), column: Number(position[2]) } : {}),
  }
}

/** The HTTP status of a problem. @param thrown the original error */
export function statusOf(problem: Problem, thrown?: unknown): number {
  // Names of databases and tables come from the request, so Glue's error for a wrong one is not a server error.
  const requestError = thrown instanceof Failure ? requestErrorStatus(thrown.cause) : undefined
  if (requestError) return requestError
  if (problem.code === 'HOST_REFUSED') return 421
  if (problem.code === 'TARGET_REFUSED') return 400
  if (problem.code === 'DEFECT') return 500
  if (['ORIGIN_REFUSED', 'READ_ONLY', 'CRAWL_NOT_ALLOWED', 'OUTSIDE_THE_LAKE'].includes(problem.code))
    return 403
  if (problem.code === 'NOT_FOUND') return 404
  if (problem.code === 'BUSY') return 429
  if (['BAD_REQUEST', 'TOO_MANY_CHARTS', 'QUERY_REFUSED', 'QUERY_FAILED'].includes(problem.code)) return 400
  return 502
}
