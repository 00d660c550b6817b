// For tests: a correct lake made of claims, which a test then breaks in one place.
import type { Claim } from '@ticklake/contract/claim.ts'
import { dataKey } from '@ticklake/contract/keys.ts'
import type { Chain } from '@ticklake/lake/chains.ts'
import type { AuditFacts } from './audit.ts'
import type { RowGroup } from './object-check.ts'

export const topicId = '0123456789abcdef0123456789abcdef'
export const fixtureLake = { bucket: 'b', prefix: 'lake', dataset: 'ticks' }

/** A claim with all rows in one hour; `rest` are its dead, gaps and skipped. */
export function claimOf(
  partition: number,
  S: number,
  E: number,
  rest: Partial<Pick<Claim, 'dead' | 'gaps' | 'skipped'>> & { hour?: string } = {},
): Claim {
  const { dead = 0, gaps = 0, skipped = 0, hour = '09' } = rest
  const rows = E - S - dead - gaps - skipped
  const key = dataKey(fixtureLake, { dt: '2026-11-21', hour }, { topicId, partition, S, E }, 'parquet')
  const files = rows > 0 ? [{ key, rows }] : []
  return { ...base, partition, S, E, files, dead, gaps, skipped }
}

const base = { v: 1, topic: 't', topicId, nonce: 'n', encoder: 'parquet/1', contract: 1 } as const

/** The group of rows that Athena reads from a claim's object. */
export function groupOf(claim: Claim, change: Partial<RowGroup> = {}): RowGroup {
  const [file] = claim.files
  return {
    key: file!.key,
    topicId,
    partition: claim.partition,
    rows: file!.rows,
    distinct: file!.rows,
    min: claim.S,
    max: claim.E - 1,
    ...change,
  }
}

/** Correct facts: every claimed object is listed and has its rows. */
export function factsOf(claims: readonly Claim[], change: Partial<AuditFacts> = {}): AuditFacts {
  const partitions = [...new Set(claims.map((claim) => claim.partition))]
  const chains: Chain[] = partitions.map((partition) => ({
    topicId,
    partition,
    links: claims
      .filter((claim) => claim.partition === partition)
      .map((claim) => ({ key: `claim-${claim.S}`, S: claim.S, claim })),
  }))
  const withFiles = claims.filter((claim) => claim.files.length > 0)
  return {
    lake: fixtureLake,
    topicId,
    partitions: partitions.map((partition) => ({
      partition,
      low: 0,
      end: Math.max(...claims.filter((c) => c.partition === partition).map(({ E }) => E)),
    })),
    chains,
    base: new Map(),
    verifiedHours: new Set(),
    listed: withFiles.map((claim) => claim.files[0]!.key),
    outsideHours: [],
    groups: withFiles.map((claim) => groupOf(claim)),
    deadRecords: new Map(),
    listedDead: [],
    deepFindings: [],
    changed: 0,
    compactedHours: [],
    ...change,
  }
}
