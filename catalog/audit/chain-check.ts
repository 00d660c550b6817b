// Follows each partition's claims from 0 (or from what was verified before) to the landed offset: holes, overlaps, and
// the objects that they name.
import { type Claim, claimRows } from '@ticklake/contract/claim.ts'
import type { Chain } from '@ticklake/lake/chains.ts'
import type { LandedOffsets } from '@ticklake/lake/landed-offsets.ts'
import { type Finding, finding } from './finding.ts'

/** Records of claims added up: rows, rejected records, gaps, and skipped records. */
export interface ChainSums {
  readonly rows: number
  readonly dead: number
  readonly gaps: number
  readonly skipped: number
}

export const noSums: ChainSums = { rows: 0, dead: 0, gaps: 0, skipped: 0 }

/** The sums of claims that an earlier audit verified, and where they end, by partition. */
export type ChainBase = ReadonlyMap<number, ChainSums & { readonly landedOffset: number }>

/** What the claims say about one object. In the json-object format one entry stands for all claims of an hour. */
export interface ClaimedObject {
  readonly key: string
  readonly partition: number
  readonly S: number
  readonly E: number
  readonly rows: number
}

/** Offsets that no claim accounts for. */
export interface Hole {
  readonly partition: number
  readonly S: number
  readonly E: number
}

/** Claims that were unfinished when Kafka replaced their records: records that did not land are recorded as lost. */
export interface Unfinished {
  /** Rows by object. */
  readonly rows: ReadonlyMap<string, number>
  readonly claims: ReadonlySet<Claim>
}

export interface ChainCheck {
  readonly sums: ChainSums
  readonly claims: readonly Claim[]
  readonly claimed: ReadonlyMap<string, ClaimedObject>
  readonly landedOffsets: LandedOffsets
  readonly holes: readonly Hole[]
  readonly unfinished: Unfinished
  readonly findings: readonly Finding[]
}

/** Pure. A hole, an overlap or an unreadable claim is a finding; the check continues after it. */
export function checkChains(chains: readonly Chain[], base: ChainBase): ChainCheck {
  const findings: Finding[] = []
  const holes: Hole[] = []
  const claims: Claim[] = []
  const landedOffsets = new Map<number, number>()
  const claimed = new Map<string, ClaimedObject>()
  for (const { partition, links } of chains) {
    let next = base.get(partition)?.landedOffset ?? 0
    for (const { key, S, claim, fault } of links) {
      if (!claim) {
        findings.push(
          finding(
            'chain',
            `the claim ${key} cannot be used: ${fault}`,
            'restore it as the consumer wrote it',
          ),
        )
        continue
      }
      if (S > next) holes.push({ partition, S: next, E: S })
      if (S < next) {
        const end = Math.min(next, claim.E)
        findings.push(
          finding(
            'chain',
            `partition ${partition}: two claims for the offsets ${S} to ${end - 1}, the second is ${key}`,
            'stop all consumers, then find out which one wrote it: no claim of this release can start there',
          ),
        )
      }
      claims.push(claim)
      addObjects(claimed, claim)
      next = Math.max(next, claim.E)
    }
    landedOffsets.set(partition, next)
  }
  const sums = [...base.values(), ...claims.map(sumsOf)].reduce(addSums, noSums)
  return { sums, claims, claimed, landedOffsets, holes, unfinished: unfinishedOf(claims), findings }
}

function unfinishedOf(all: readonly Claim[]): Unfinished {
  const claims = new Set<Claim>()
  const rows = new Map<string, number>()
  for (const { partition, begins } of all) {
    if (!begins?.unfinished) continue
    const { S } = begins.unfinished
    for (const claim of all) if (claim.partition === partition && claim.S === S) claims.add(claim)
  }
  for (const { files } of claims) {
    for (const file of files) rows.set(file.key, (rows.get(file.key) ?? 0) + file.rows)
  }
  return { claims, rows }
}

export function sumsOf(claim: Claim): ChainSums {
  return { rows: claimRows(claim), dead: claim.dead, gaps: claim.gaps, skipped: claim.skipped }
}

export function addSums(a: ChainSums, b: ChainSums): ChainSums {
  return {
    rows: a.rows + b.rows,
    dead: a.dead + b.dead,
    gaps: a.gaps + b.gaps,
    skipped: a.skipped + b.skipped,
  }
}

function addObjects(claimed: Map<string, ClaimedObject>, claim: Claim): void {
  for (const { key, rows } of claim.files) {
    const before = claimed.get(key)
    claimed.set(key, {
      key,
      partition: claim.partition,
      S: Math.min(before?.S ?? claim.S, claim.S),
      E: Math.max(before?.E ?? claim.E, claim.E),
      rows: (before?.rows ?? 0) + rows,
    })
  }
}
