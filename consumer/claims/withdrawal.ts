// Withdraws the refusal of a partition if Kafka provably has all that landed: the refusal was wrong, or the broker got
// its log back. By hand only (`consumer withdraw`): no restart clears a refusal.
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { withdrawalKey } from '@ticklake/contract/keys.ts'
import { type ChainEnd, chainEnd, compareEnd, landedRecord } from '@ticklake/lake/chain-end.ts'
import { newestLinks, usableClaim } from '@ticklake/lake/claims.ts'
import { readTruncations } from '@ticklake/lake/truncations.ts'
import { release } from '@ticklake/runtime/release.ts'
import type { ObjectStore } from '../s3.ts'
import type { LandingTarget } from './claim-builder.ts'
import type { TruncationGuardOptions } from './truncation-guard.ts'

export interface WithdrawalOptions extends Pick<TruncationGuardOptions, 'find'> {
  readonly store: Pick<ObjectStore, 'putIfAbsent' | 'text' | 'exists' | 'list'>
  readonly target: Pick<LandingTarget, 'lake' | 'topicId'>
}

/** What became of one refusal. */
export interface Reconsidered {
  readonly key: string
  readonly partition: number
  readonly isWithdrawn: boolean
  readonly why: string
}

/**
 * Compares every refused partition with Kafka again.
 * @returns each refusal that was neither withdrawn before nor followed by an era
 * @throws Failure KAFKA_UNREACHABLE, CLAIM_UNREADABLE; the SDK's error if S3 does not answer
 */
export async function withdrawTruncations(options: WithdrawalOptions): Promise<Reconsidered[]> {
  const { store, target } = options
  const reconsidered: Reconsidered[] = []
  for (const { key, partition, isOpen } of await readTruncations(store, target.lake, target.topicId)) {
    if (!isOpen) continue
    const proof = await prove(options, partition, await chainEnd(newestFirst(options, partition)))
    if (proof.isWithdrawn) {
      const facts = { v: 1, partition, why: proof.why, withdrawnAt: new Date().toISOString(), release }
      await store.putIfAbsent(withdrawalKey(key), `${JSON.stringify(facts)}\n`, 'application/json')
    }
    reconsidered.push({ key, partition, ...proof })
  }
  return reconsidered
}

async function* newestFirst({ store, target }: WithdrawalOptions, partition: number) {
  for await (const link of newestLinks(store, target.lake, target.topicId, partition))
    yield usableClaim(link, `the refusal of partition ${partition} stays`)
}

/**
 * A record with the same digest may have been sent again, and a leader epoch may be counted anew in a restored log; both
 * together are the record that landed, and what is below it is then what landed, too.
 */
async function prove(
  { find }: WithdrawalOptions,
  partition: number,
  end: ChainEnd | undefined,
): Promise<Pick<Reconsidered, 'isWithdrawn' | 'why'>> {
  const stays = (why: string) => ({ isWithdrawn: false, why })
  const record = end?.landed && landedRecord(end.landed)
  if (!record) return stays('its newest claim has no record to compare')
  const { offset, contract, leaderEpoch } = record
  if (contract > CONTRACT_VERSION)
    return stays(`its newest claim has contract ${contract}, of a newer release`)
  if (leaderEpoch === undefined) return stays('its newest claim has no leader epoch')
  const compared = await compareEnd(record, (from, to) => find(partition, from, to))
  if (compared.result === 'replaced') return stays(compared.why)
  if (compared.result === 'unknown') return stays(`Kafka no longer has the record at offset ${offset}`)
  const epochs = `leader epoch ${compared.leaderEpoch}`
  if (compared.leaderEpoch !== leaderEpoch)
    return stays(`the record at offset ${offset} is of ${epochs}, and that of the claim of ${leaderEpoch}`)
  return { isWithdrawn: true, why: `Kafka has the last landed record: offset ${offset}, ${epochs}` }
}
