// An audit as text: what was checked, what is wrong and what to do, and the summary line.

import { grouped } from '@ticklake/runtime/number-text.ts'
import { auditLine } from './audit.ts'
import { counted } from './finding.ts'
import type { AuditOutcome } from './run.ts'

/** More findings than this are counted, not shown. */
const SHOWN_FINDINGS = 20

/** Whether the lake has each record exactly once, as far as was checked. */
export function isGood({ report, reached }: AuditOutcome): boolean {
  return reached && report.findings.length === 0 && report.lost === 0 && report.twice === 0
}

/** The lines; the last is the summary. */
export function auditText(outcome: AuditOutcome, lake: { dataset: string; location: string }): string[] {
  const { topic, report, empty, reached } = outcome
  const ends = topic.partitions.map(({ partition, end }) => `${partition}: ${grouped(end)}`).join(', ')
  const lines = [
    `topic ${topic.topic} (id ${topic.topicId}): ${counted(topic.partitions.length, 'partition')}, end offsets ${ends}`,
  ]
  if (empty) {
    lines.push(`the lake is empty: nothing has landed in ${lake.location} yet`)
    if (report.waiting > 0) lines.push('start the consumer, or wait for its first flush')
  } else lines.push(...checkedLines(outcome, lake))
  if (report.waiting > 0) {
    const writing = report.inFlight > 0 ? `, ${grouped(report.inFlight)} of them being written now` : ''
    lines.push(`waiting: ${counted(report.waiting, 'record')} not landed yet${writing}`)
  }
  if (report.late > 0) {
    lines.push(
      `late: ${counted(report.late, 'row')} landed in hours that were already compacted; the next \`catalog compact\` (or \`serve\`) merges them`,
    )
  }
  if (!reached) lines.push('not reached: records from before the audit have still not landed')
  for (const { what, remedy, lost, twice } of report.findings.slice(0, SHOWN_FINDINGS)) {
    const cost = lost > 0 ? `lost ${lost}: ` : twice > 0 ? `twice ${twice}: ` : 'wrong: '
    lines.push(`${cost}${what}`, `  do: ${remedy}`)
  }
  if (report.findings.length > SHOWN_FINDINGS) {
    lines.push(`and ${report.findings.length - SHOWN_FINDINGS} more like these`)
  }
  return [...lines, auditLine(report)]
}

function checkedLines(
  { report, landedOffsets, scannedBytes, deepRecords, content }: AuditOutcome,
  lake: { dataset: string; location: string },
): string[] {
  const cuts = [...landedOffsets]
    .map(([partition, landedOffset]) => `${partition}: ${grouped(landedOffset)}`)
    .join(', ')
  const lines = [
    `claims of ${lake.dataset}: ${grouped(report.claims)} read, landed offsets ${cuts}; they account for ${grouped(report.rows)} rows, ${grouped(report.dead)} dead, ${grouped(report.gaps)} gaps, ${grouped(report.skipped)} skipped`,
    `objects in ${lake.location}: ${grouped(report.objects)} compared with Athena's rows (${(scannedBytes / 1e6).toFixed(1)} MB scanned)`,
  ]
  if (report.verifiedHours > 0) {
    lines.push(`closed hours: ${grouped(report.verifiedHours)} verified before and unchanged`)
  }
  if (deepRecords > 0) lines.push(`read again from Kafka: ${counted(deepRecords, 'record')}`)
  if (content) {
    const left = content.uncompared.length > 0 ? content.uncompared.join(', ') : 'nothing'
    lines.push(
      `content: ${counted(content.compared, 'row')} compared with Kafka's records column by column; not compared: ${left}`,
    )
  }
  if (report.recordedLoss > 0) {
    lines.push(
      `recorded: ${counted(report.recordedLoss, 'record')} of claims that were unfinished when Kafka lost them; they count as skipped`,
    )
  }
  return lines
}
