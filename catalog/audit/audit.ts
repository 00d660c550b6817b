// The report on a lake, from end offsets, claims, rows and dead-letter files, added up. Pure.

import { fromOldVersion } from '@ticklake/aws/old-versions.ts'
import { deadKey, parseDeadKey } from '@ticklake/contract/keys.ts'
import type { TopicPartition } from '@ticklake/kafka/topic.ts'
import type { Chain } from '@ticklake/lake/chains.ts'
import type { CompactedHour } from '@ticklake/lake/manifests.ts'
import { type ChainBase, type ChainCheck, type ChainSums, checkChains } from './chain-check.ts'
import { throughManifests } from './compacted-hours.ts'
import { counted, type Finding, finding, truncationRemedy } from './finding.ts'
import type { RowGroup } from './object-check.ts'
import { checkObjects, type ObjectCheck, type ObjectFacts } from './object-check.ts'

export interface AuditFacts extends Omit<ObjectFacts, 'claimed' | 'landedOffsets' | 'holes' | 'groups'> {
  readonly groups: readonly RowGroup[]
  readonly partitions: readonly TopicPartition[]
  readonly chains: readonly Chain[]
  readonly base: ChainBase
  /** Objects in the table's folder, but in no hour. */
  readonly outsideHours: readonly string[]
  /** The rejected records in each dead-letter file, by key; missing files are absent. */
  readonly deadRecords: ReadonlyMap<string, number>
  /** Every listed dead-letter file that the base does not cover. */
  readonly listedDead: readonly string[]
  /** The compacted objects of the hours that are read. */
  readonly compactedHours: readonly CompactedHour[]
  /** What reading Kafka again found (`--deep`). */
  readonly deepFindings: readonly Finding[]
  /** Rows that differ from Kafka's records (`--deep`). */
  readonly changed: number
}

export interface AuditReport extends ChainSums {
  /** End offsets less gaps: the committed records, as far as claims distinguish gaps from records. */
  readonly produced: number
  readonly landed: number
  readonly lost: number
  readonly twice: number
  /** Of the skipped ones: records of a claim that was unfinished when Kafka replaced them. */
  readonly recordedLoss: number
  /** Rows with other values than Kafka's records: present once, but wrong. */
  readonly changed: number
  /** Produced, but above the landed offsets: not claimed, or not completely written yet. */
  readonly waiting: number
  /** In the bucket, but in an hour that was compacted before: read by no table until they are merged. */
  readonly late: number
  readonly lateHours: ReadonlySet<string>
  /** Those of them in claims that were being written. */
  readonly inFlight: number
  readonly claims: number
  readonly objects: number
  readonly verifiedHours: number
  readonly findings: readonly Finding[]
}

/** The report on these facts. The sums add up: produced = landed + dead + skipped + lost + waiting + late. */
export function auditReport(facts: AuditFacts): AuditReport {
  const chain = checkChains(facts.chains, facts.base)
  const shown = throughManifests({
    ...facts,
    claimed: chain.claimed,
    read: new Set(facts.groups.map(({ key }) => key)),
  })
  const { claimed, listed } = shown
  const objects = checkObjects({ ...facts, ...chain, claimed, listed, recorded: chain.unfinished.rows })
  const dead = checkDead(facts, chain)
  const offsets = checkOffsets(facts, chain)
  const findings = [
    ...chain.findings,
    ...objects.findings,
    ...shown.findings,
    ...dead.findings,
    ...offsets.findings,
    ...facts.outsideHours.map(outsideFinding(facts)),
    ...facts.deepFindings,
  ]
  // Records that a claim calls gaps were still produced.
  const falseGaps = facts.deepFindings.reduce((sum, one) => sum + one.lost, 0)
  return {
    ...chain.sums,
    produced: offsets.ends - chain.sums.gaps + falseGaps,
    landed: landedRows(chain, objects) - shown.lateRows,
    late: shown.lateRows,
    lateHours: shown.lateHours,
    dead: chain.sums.dead - dead.lost - dead.recorded,
    skipped: chain.sums.skipped + objects.recordedRows + dead.recorded,
    recordedLoss: objects.recordedRows + dead.recorded,
    lost: findings.reduce((sum, one) => sum + one.lost, 0),
    twice: findings.reduce((sum, one) => sum + one.twice, 0),
    changed: facts.changed,
    waiting: offsets.waiting,
    inFlight: facts.chains.reduce(
      (sum, one) => sum + (one.inFlight ? one.inFlight.E - one.inFlight.S : 0),
      0,
    ),
    claims: chain.claims.length,
    objects: chain.claimed.size,
    verifiedHours: facts.verifiedHours.size,
    findings,
  }
}

/** The last line of an audit. */
export function auditLine(report: AuditReport): string {
  const { produced, landed, dead, skipped, lost, twice, late, changed } = report
  const merged = late > 0 ? `, late ${late}` : ''
  const wrong = changed > 0 ? `, changed ${changed}` : ''
  return `audit: produced ${produced}, landed ${landed}, dead ${dead}, skipped ${skipped}, lost ${lost}, twice ${twice}${merged}${wrong}`
}

function landedRows(chain: ChainCheck, objects: ObjectCheck): number {
  return chain.sums.rows - objects.lostRows - objects.recordedRows + objects.foundRows
}

function checkDead(facts: AuditFacts, chain: ChainCheck) {
  const findings: Finding[] = []
  const claimed = new Set<string>()
  let recorded = 0
  for (const claim of chain.claims) {
    if (claim.dead === 0) continue
    const key = deadKey(facts.lake, claim)
    claimed.add(key)
    const records = facts.deadRecords.get(key)
    if (records === claim.dead) continue
    if (records === undefined && chain.unfinished.claims.has(claim)) {
      recorded += claim.dead
      continue
    }
    const what =
      records === undefined
        ? `${key} is missing: ${counted(claim.dead, 'rejected record')}`
        : `${key} holds ${counted(records, 'record')}, its claim says ${claim.dead}`
    findings.push(
      finding('dead', what, `restore it ${fromOldVersion}; the dead-letter topic has a copy`, {
        lost: Math.max(0, claim.dead - (records ?? 0)),
      }),
    )
  }
  for (const inFlight of facts.chains.map((one) => one.inFlight)) {
    if (inFlight) claimed.add(deadKey(facts.lake, inFlight))
  }
  for (const key of facts.listedDead) {
    if (claimed.has(key) || startsAbove(chain, facts.topicId, key)) continue
    findings.push(
      finding(
        'dead',
        `${key} is in no claim`,
        `find out who put it there, then: aws s3 rm 's3://${facts.lake.bucket}/${key}'`,
      ),
    )
  }
  return { findings, recorded, lost: findings.reduce((sum, one) => sum + one.lost, 0) }
}

function startsAbove(chain: ChainCheck, topicId: string, key: string): boolean {
  const range = parseDeadKey(key)
  return range?.topicId === topicId && range.S >= (chain.landedOffsets.get(range.partition) ?? 0)
}

function checkOffsets(facts: AuditFacts, chain: ChainCheck) {
  const findings: Finding[] = []
  let ends = 0
  let waiting = 0
  for (const { partition, low, end } of facts.partitions) {
    const landedOffset = chain.landedOffsets.get(partition) ?? 0
    ends += Math.max(end, landedOffset)
    waiting += Math.max(0, end - Math.max(landedOffset, low))
    if (low > landedOffset) {
      findings.push(
        finding(
          'retention',
          `partition ${partition}: Kafka deleted the offsets ${landedOffset} to ${low - 1} before they had landed`,
          'raise the topic’s retention; with CONSUMER_ON_RETENTION_LOSS=record the consumer records the hole and continues',
          { lost: low - landedOffset },
        ),
      )
    }
    if (end < landedOffset) {
      findings.push(
        finding(
          'broker',
          `partition ${partition}: the lake holds the offsets up to ${landedOffset - 1}, Kafka ends before ${end}: the broker lost acknowledged records and will reuse their offsets`,
          truncationRemedy,
        ),
      )
    }
  }
  return { findings, ends, waiting }
}

const outsideFinding = (facts: AuditFacts) => (key: string) =>
  finding(
    'unlisted',
    `${key} is in the table's folder, but in no hour: a crawler would include it`,
    `find out who put it there, then: aws s3 rm 's3://${facts.lake.bucket}/${key}'`,
  )
