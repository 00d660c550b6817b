// The routes of the Ledger tab: claims, dead letters, and the audit.
import type { FastifyInstance } from 'fastify'
import { auditLine } from '../../audit/audit.ts'
import { isGood } from '../../audit/text.ts'
import { readClaims, readDeadLetters } from './lake-ledger.ts'
import type { DashboardParts } from './parts.ts'
import { anyObject, type ClaimsQuery, wholeNumber } from './schemas.ts'
import { shared } from './single-flight.ts'
import type { AuditResult } from './wire.ts'

const claimsQuery = {
  type: 'object',
  required: ['partition'],
  properties: { partition: wholeNumber, before: wholeNumber },
} as const

/** @param ended aborted: a running audit ends */
export function addLedgerRoutes(app: FastifyInstance, parts: DashboardParts, ended: AbortSignal): void {
  const { aws, broker, config, events } = parts
  let doing: string | null = null
  const oneAudit = shared(async () => {
    try {
      return await audit(parts, ended, (step) => {
        doing = step
      })
    } finally {
      doing = null
    }
  })
  app.get<{ Querystring: ClaimsQuery }>(
    '/api/claims',
    { schema: { querystring: claimsQuery } },
    async ({ query: { partition, before } }) => {
      const { topicId } = await broker.topicOnce()
      const below = before === undefined ? undefined : Number(before)
      return { claims: await readClaims(aws.bucket, config.lake, topicId, Number(partition), below) }
    },
  )
  app.get('/api/dead-letters', async () => readDeadLetters(aws.bucket, config.lake))
  app.get('/api/audit', async () => ({ doing }))
  app.post('/api/audit', { schema: { body: anyObject } }, async () => {
    events.auditRequested()
    return oneAudit()
  })
}

async function audit(
  parts: DashboardParts,
  signal: AbortSignal,
  onProgress: (doing: string) => void,
): Promise<AuditResult> {
  const startedAt = Date.now()
  const outcome = await parts.audit({ deep: false, signal, onProgress })
  const { report } = outcome
  return {
    line: auditLine(report),
    ok: isGood(outcome),
    produced: report.produced,
    landed: report.landed,
    dead: report.dead,
    skipped: report.skipped,
    gaps: report.gaps,
    lost: report.lost,
    twice: report.twice,
    waiting: report.waiting,
    claims: report.claims,
    objects: report.objects,
    verifiedHours: report.verifiedHours,
    elapsedMs: Date.now() - startedAt,
    scannedBytes: outcome.scannedBytes,
    findings: report.findings.slice(0, 200),
  }
}
