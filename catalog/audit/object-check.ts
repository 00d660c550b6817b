// Compares the objects that claims name with the rows that Athena reads: missing, changed, or unlisted.

import type { LakeConfig } from '@ticklake/aws/config.ts'
import { fromOldVersion } from '@ticklake/aws/old-versions.ts'
import { parseDataKey } from '@ticklake/contract/keys.ts'
import { hourName, hourOfKey } from '@ticklake/lake/partitions.ts'
import type { ClaimedObject, Hole } from './chain-check.ts'
import { counted, type Finding, finding } from './finding.ts'

/** The rows of one object (in the json-object format: of one claim template) as Athena reads them. */
export interface RowGroup {
  readonly key: string
  readonly topicId: string | null
  readonly partition: number | null
  readonly rows: number
  /** different offsets among them */
  readonly distinct: number
  readonly min: number
  readonly max: number
}

export interface ObjectFacts {
  readonly lake: Pick<LakeConfig, 'bucket' | 'prefix' | 'dataset'>
  readonly topicId: string
  readonly claimed: ReadonlyMap<string, ClaimedObject>
  readonly landedOffsets: ReadonlyMap<number, number>
  readonly holes: readonly Hole[]
  /** Hours (`2026-11-21-09`) that were verified and have not changed: not read again. */
  readonly verifiedHours: ReadonlySet<string>
  /** Every object listed in the hours that are read; none in the json-object format. */
  readonly listed: readonly string[]
  readonly groups: Iterable<RowGroup>
  /** Rows of claims whose loss is recorded, by object. */
  readonly recorded?: ReadonlyMap<string, number>
}

export interface ObjectCheck {
  readonly findings: readonly Finding[]
  /** Claimed rows that are in the table under no object. */
  readonly lostRows: number
  /** Rows that did not land, as the start of an era recorded. */
  readonly recordedRows: number
  /** Rows of holes in the chain that are still in the table. */
  readonly foundRows: number
}

/** Missing rows; an object under another name may turn out to have them. */
interface Shortfall extends Hole {
  readonly claimed: ClaimedObject | undefined
  rows: number
}

/** Pure: everything below the landed offsets is checked; everything above is in flight, not a finding. */
export function checkObjects(facts: ObjectFacts): ObjectCheck {
  const { own, others } = sortGroups(facts)
  const findings: Finding[] = []
  let recordedRows = 0
  const shortfalls: Shortfall[] = facts.holes.map((hole) => ({
    ...hole,
    claimed: undefined,
    rows: hole.E - hole.S,
  }))
  for (const file of facts.claimed.values()) {
    if (facts.verifiedHours.has(hourNameOf(facts, file.key))) continue
    const { distinct, rows } = own.get(file.key) ?? { distinct: 0, rows: 0 }
    const short = Math.max(0, file.rows - distinct)
    const recorded = Math.min(short, facts.recorded?.get(file.key) ?? 0)
    recordedRows += recorded
    if (short > recorded) shortfalls.push({ ...file, claimed: file, rows: short - recorded })
    const twice = rows - Math.min(distinct, file.rows)
    if (twice > 0) {
      findings.push(
        finding(
          'twice',
          `${file.key} has ${counted(rows, 'row')}, its claims say ${file.rows}`,
          'the object was changed: restore the one that the consumer wrote',
          { twice },
        ),
      )
    }
  }
  const { unlisted, foundRows } = checkOthers(facts, others, shortfalls)
  findings.push(...shortfalls.filter((s) => s.rows > 0).map((s) => shortfallFinding(facts, s)), ...unlisted)
  const known = new Set([...facts.claimed.keys(), ...others.map((group) => group.key)])
  for (const key of facts.listed) {
    if (known.has(key) || isInFlight(facts, key)) continue
    findings.push(
      finding('unlisted', `${key} is in no claim; Athena reads no row of it`, removal(facts, key)),
    )
  }
  const lostRows = shortfalls.reduce((sum, s) => sum + (s.claimed ? s.rows : 0), 0)
  return { findings, lostRows, recordedRows, foundRows }
}

/** The actual rows of each claimed object, and the groups that belong to none. */
function sortGroups(facts: ObjectFacts) {
  const own = new Map<string, { distinct: number; rows: number }>()
  const others: RowGroup[] = []
  for (const group of facts.groups) {
    const file = facts.claimed.get(group.key)
    const matches = file && group.topicId === facts.topicId && group.partition === file.partition
    if (matches && group.min >= file.S && group.max < file.E) own.set(group.key, group)
    else if (!isInFlight(facts, group.key)) others.push(group)
  }
  return { own, others }
}

function checkOthers(facts: ObjectFacts, others: readonly RowGroup[], shortfalls: readonly Shortfall[]) {
  const unlisted: Finding[] = []
  let foundRows = 0
  for (const group of others) {
    const ours = group.topicId === facts.topicId && facts.landedOffsets.has(group.partition ?? -1)
    const rows = counted(group.rows, 'row')
    if (!ours) {
      const whose = `topic ${group.topicId ?? 'unknown'}, partition ${group.partition ?? 'unknown'}`
      const what = `${group.key} has ${rows} that are not of this dataset's topic (${whose})`
      unlisted.push(finding('unlisted', what, removal(facts, group.key)))
      continue
    }
    if (group.min >= facts.landedOffsets.get(group.partition!)! && !facts.claimed.has(group.key)) continue
    const home = shortfalls.find(
      (s) => s.rows > 0 && s.partition === group.partition && s.S <= group.min && group.max < s.E,
    )
    const standIn = home ? Math.min(home.rows, group.distinct) : 0
    if (home) {
      home.rows -= standIn
      if (!home.claimed) foundRows += standIn
    }
    const twice = group.rows - standIn
    unlisted.push(
      standIn > 0
        ? finding(
            'unlisted',
            `${group.key} is in no claim, but holds ${counted(standIn, 'row')} that should be in ${home!.claimed?.key ?? 'a claim that is gone'}`,
            home!.claimed
              ? `move it back: aws s3 mv s3://${facts.lake.bucket}/${group.key} s3://${facts.lake.bucket}/${home!.claimed.key}`
              : `restore the claim ${fromOldVersion}`,
            { twice },
          )
        : finding(
            'unlisted',
            `${group.key} is in no claim, and its ${rows} are counted a second time`,
            removal(facts, group.key),
            { twice },
          ),
    )
  }
  return { unlisted, foundRows }
}

function shortfallFinding(facts: ObjectFacts, { claimed, partition, S, E, rows }: Shortfall): Finding {
  const again = 'or land the topic again as a second dataset while Kafka holds it (LAKE_DATASET)'
  if (!claimed) {
    return finding(
      'chain',
      `partition ${partition}: no claim accounts for the offsets ${S} to ${E - 1}`,
      `restore the claim ${fromOldVersion}, ${again}`,
      { lost: rows },
    )
  }
  const there = facts.listed.includes(claimed.key)
  const newest = claimed.E === facts.landedOffsets.get(partition)
  const claim = `claimed by the claims of partition ${partition}, offsets ${S} to ${E - 1}`
  if (there && rows === claimed.rows) {
    return finding(
      'lost',
      `${claimed.key} exists, but Athena reads none of its ${counted(rows, 'row')} (${claim})`,
      'register its hour: catalog declare; if that does not help, restore the object as the consumer wrote it',
      { lost: rows },
    )
  }
  const short = rows < claimed.rows
  return finding(
    'lost',
    `${claimed.key} ${short ? `has only ${claimed.rows - rows} of its ${claimed.rows} rows` : `is missing: ${counted(rows, 'row')}`} (${claim})`,
    newest
      ? `start the consumer: it writes the objects of the newest claim again; otherwise restore it ${fromOldVersion}, ${again}`
      : `restore it ${fromOldVersion}, ${again}`,
    { lost: rows },
  )
}

/** Whether the name says that the object belongs to a claim above the landed offset. */
function isInFlight(facts: ObjectFacts, key: string): boolean {
  const named = parseDataKey(facts.lake, key)
  if (!named || named.topicId !== facts.topicId) return false
  return named.S >= (facts.landedOffsets.get(named.partition) ?? 0)
}

function hourNameOf(facts: ObjectFacts, key: string): string {
  const hour = hourOfKey(facts.lake, key)
  return hour ? hourName(hour) : ''
}

function removal(facts: ObjectFacts, key: string): string {
  return `find out who put it there, then: aws s3 rm 's3://${facts.lake.bucket}/${key}'`
}
