// At which of its requests a compaction is killed. Pure.
import { between, oneOf, type Random } from '@ticklake/testing/random.ts'

/** What compaction does to an hour, in this order. */
export const compactionPoints = [
  'reading an object',
  'writing an object of the run',
  'writing the manifest',
  'switching the table',
  'marking the switch',
  'deleting the old objects',
] as const

export type CompactionPoint = (typeof compactionPoints)[number]

export interface CompactionDeath {
  readonly point: CompactionPoint
  /** Which request of the kind: the first, or a later one. */
  readonly nth: number
  /** Whether the request at which it is killed is still carried out. */
  readonly carriedOut: boolean
}

/** Kills in the order in which their points are reached, so that all can happen. */
export function drawDeaths(random: Random): CompactionDeath[] {
  return Array.from({ length: between(random, 1, 3) }, () => {
    const point = oneOf(random, compactionPoints)
    // An hour has several reads and objects, but only one of all others.
    const most = point.endsWith('object') || point.endsWith('run') ? 5 : 1
    return { point, nth: between(random, 1, most), carriedOut: random() < 0.5 }
  }).sort((a, b) => compactionPoints.indexOf(a.point) - compactionPoints.indexOf(b.point))
}

/** The point of a compaction that a request is; undefined: none. */
export function compactionPointOf(
  method: string,
  target: string,
  operation: string,
): CompactionPoint | undefined {
  const path = decodeURIComponent(target)
  if (operation === 'AWSGlue.UpdatePartition') return 'switching the table'
  if (method === 'GET' && /\/dt=.*\/hour=[^?]*\.[a-z]/.test(path)) return 'reading an object'
  if (method === 'PUT' && path.includes('/_compacted/')) return 'writing an object of the run'
  if (method === 'PUT' && /\/_control\/[^/]+\/compacted\//.test(path)) return 'writing the manifest'
  if (method === 'PUT' && /\/_control\/[^/]+\/switched\//.test(path)) return 'marking the switch'
  if (method === 'POST' && /[?&]delete\b/.test(path)) return 'deleting the old objects'
  return undefined
}

export function deathText({ point, nth, carriedOut }: CompactionDeath): string {
  const which = nth === 1 ? '' : ` (number ${nth})`
  return `kill -9 the compaction ${point}${which}${carriedOut ? ', after the request was carried out' : ''}`
}
