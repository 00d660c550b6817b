// The audits of `catalog serve`: one an hour and one after each compaction that changed something, one at a time.

import type { Aws } from '@ticklake/aws/clients.ts'
import type { Broker } from '@ticklake/kafka/topic.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import type { CatalogConfig } from '../config.ts'
import { type AuditOptions, type AuditOutcome, runAudit } from './run.ts'
import { isGood } from './text.ts'

/** The first audit does not follow the start at once: the consumer may still be finishing what a crash left. */
const FIRST_AFTER_MS = 300_000
/** When an audit that failed is tried again. */
const RETRY_AFTER_MS = 300_000
/** A finding counts if an audit this much later also has one: an hour may be in the middle of being registered. */
const CONFIRM_AFTER_MS = 60_000
/**
 * An incomplete claim is not a loss after its consumer died: the next one finishes it. An audit that a user starts is
 * stricter (CATALOG_IN_FLIGHT_MS).
 */
const TAIL = { inFlightMs: 3_600_000, waitMs: 5_000 }

export type Audit = (options: AuditOptions) => Promise<AuditOutcome>

/** The audits of a process, one after the other. */
export function serialAudits(aws: Aws, broker: Broker, config: CatalogConfig): Audit {
  let last: Promise<unknown> = Promise.resolve()
  return (options) => {
    options.onProgress?.('waiting for another audit')
    const next = last.then(() => {
      options.signal?.throwIfAborted()
      return runAudit(aws, broker, config, options)
    })
    last = next.catch(() => {})
    return next
  }
}

export interface AuditJobParts {
  readonly audit: Audit
  readonly config: Pick<CatalogConfig, 'auditEveryMs' | 'registerEveryMs' | 'compactEveryMs'>
  /** Runs one attempt; false: it failed and was reported. */
  readonly attempt: (work: () => Promise<void>) => Promise<boolean>
  /** A result that counts, good or bad, and what it cost. */
  readonly onResult: (outcome: AuditOutcome, isGood: boolean, elapsedMs: number) => void
  readonly onFailed: () => void
}

export class AuditJob {
  readonly #parts: AuditJobParts
  #passed = Promise.withResolvers<void>()
  /** Since the last audit started. */
  #changed = false

  constructor(parts: AuditJobParts) {
    this.#parts = parts
  }

  /** Call it after each pass of compaction. @param changed whether it changed an hour */
  compactionPassed(changed: boolean): void {
    this.#changed ||= changed
    this.#passed.resolve()
    this.#passed = Promise.withResolvers()
  }

  async run(signal: AbortSignal): Promise<void> {
    const { auditEveryMs } = this.#parts.config
    if (auditEveryMs === 0) return
    let waitMs = Math.min(FIRST_AFTER_MS, auditEveryMs)
    while (!signal.aborted) {
      await this.#due(waitMs, signal)
      if (signal.aborted) return
      const done = await this.#parts.attempt(() => this.#audit(signal))
      if (!done && !signal.aborted) this.#parts.onFailed()
      waitMs = done ? auditEveryMs : Math.min(RETRY_AFTER_MS, auditEveryMs)
    }
  }

  /**
   * Resolves when the time is over, or a pass has changed something. When the time is over it also waits for the next
   * pass: otherwise hours compacted by it would be read twice.
   */
  async #due(waitMs: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController()
    const ended = AbortSignal.any([signal, over.signal])
    let timeIsUp = false
    const time = sleep(waitMs, ended).then(() => {
      timeIsUp = true
    })
    const { compactEveryMs } = this.#parts.config
    const longest =
      compactEveryMs === 0 ? time : time.then(() => sleep(Math.min(compactEveryMs, waitMs), ended))
    while (!signal.aborted && !this.#changed && !timeIsUp) {
      await Promise.race([this.#passed.promise, longest])
    }
    this.#changed = false
    over.abort()
  }

  async #audit(signal: AbortSignal): Promise<void> {
    const { audit, config, onResult } = this.#parts
    const startedAt = performance.now()
    const auditOnce = async () => {
      const outcome = await audit({ deep: false, tail: TAIL, signal })
      signal.throwIfAborted()
      return outcome
    }
    let outcome = await auditOnce()
    if (!isGood(outcome)) {
      await sleep(Math.max(CONFIRM_AFTER_MS, 2 * config.registerEveryMs), signal)
      outcome = await auditOnce()
    }
    onResult(outcome, isGood(outcome), performance.now() - startedAt)
  }
}
