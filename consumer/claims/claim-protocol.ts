// The exactly-once protocol of one partition as a pure state machine: a step asks for one effect, its outcome gives the
// next step. No clock, no I/O: the writer performs the effects, and the model checker tries every outcome of each.
//
// Claims decide. They form a chain without a hole from 0, each is written before its files, and none is ever
// overwritten. So a consumer that finds an incomplete claim finishes exactly that claim, and a rival does no harm.
import type { Claim } from '@ticklake/contract/claim.ts'

/** What the writer must do now. */
export type Step =
  /** Find the newest claim of the partition. */
  | { readonly at: 'find-tail' }
  /**
   * Compare the last record of the chain with the record that Kafka has at its offset. `landed`: the claim that has it,
   * which is not the newest if that has only gaps; or the one that began an era in which nothing has landed yet.
   */
  | { readonly at: 'compare-tail'; readonly claim: Claim; readonly landed: Claim }
  /** Check whether the newest claim is complete. */
  | { readonly at: 'check-tail'; readonly claim: Claim }
  /** Collect records from `from` on, and build a claim of them once a batch is full. */
  | { readonly at: 'collect'; readonly from: number }
  /** Collect exactly the records of a claim that another consumer wrote. */
  | { readonly at: 'collect-claim'; readonly claim: Claim }
  /** Store the claim, unless one that starts at the same offset is there. */
  | { readonly at: 'put-claim'; readonly claim: Claim }
  /** Read the claim that is there. */
  | { readonly at: 'read-claim'; readonly claim: Claim }
  /** Store the listed data objects, each unless it is there. */
  | { readonly at: 'put-files'; readonly claim: Claim }
  /** Announce the rejected records on the dead-letter topic, and wait for its acknowledgement. */
  | { readonly at: 'announce'; readonly claim: Claim }
  /** Record that the announcement is pending: the dead-letter topic does not accept it now. */
  | { readonly at: 'defer-announcement'; readonly claim: Claim }
  /** Store the dead-letter file, unless it is there. */
  | { readonly at: 'put-dead'; readonly claim: Claim }
  /** Commit the claim's end to Kafka, for the lag tools. */
  | { readonly at: 'commit'; readonly claim: Claim }
  /** Stop: only a person can decide what to do. */
  | { readonly at: 'refuse'; readonly problem: Problem }

export type Problem =
  | { readonly kind: 'unknown-encoder'; readonly claim: Claim }
  | { readonly kind: 'newer-contract'; readonly claim: Claim }
  | { readonly kind: 'truncated'; readonly claim: Claim; readonly found: string }
  /** Another consumer has begun an era here: the records in memory are of the log before. */
  | { readonly kind: 'era-begun'; readonly claim: Claim }
  | { readonly kind: 'claim-disagrees'; readonly stored: Claim; readonly seen: Claim }

/** The result of an effect. */
export type Outcome =
  /** `landed`: the claim to compare with Kafka; undefined: there is none. */
  | { readonly of: 'find-tail'; readonly tail: Claim | undefined; readonly landed: Claim | undefined }
  /**
   * `replaced`: why the record is not the claim's; undefined: it is, or Kafka has none there any more to compare with.
   * `era`: the claim by which the chain goes on all the same; absent: it does not.
   */
  | { readonly of: 'compare-tail'; readonly replaced: string | undefined; readonly era?: Claim | undefined }
  | { readonly of: 'check-tail'; readonly complete: boolean }
  /** `claim` is built from the records alone; for `collect-claim` it covers the same range. */
  | { readonly of: 'collect' | 'collect-claim'; readonly claim: Claim }
  /** Without an answer it is put again, and may then exist: `exists` may be our own. */
  | { readonly of: 'put-claim'; readonly result: 'stored' | 'exists' }
  | { readonly of: 'read-claim'; readonly claim: Claim }
  | { readonly of: 'put-files' }
  /** `pending`: the dead-letter topic does not accept the announcement now. */
  | { readonly of: 'announce'; readonly result: 'sent' | 'pending' }
  | { readonly of: 'defer-announcement' }
  | { readonly of: 'put-dead' }
  | { readonly of: 'commit' }

/**
 * What this release can do with a claim: write its files; only continue after it once they exist; or, if its contract
 * is newer, neither, because the chain has columns that this release would drop.
 */
export type Ability = 'writes' | 'cannot-write' | 'too-new'

/** The first step of every assignment. */
export const firstStep: Step = { at: 'find-tail' }

/**
 * The step that follows from an outcome.
 * @param abilityFor what this release can do with a claim, by its encoder and contract
 */
export function nextStep(step: Step, outcome: Outcome, abilityFor: (claim: Claim) => Ability): Step {
  switch (outcome.of) {
    case 'find-tail':
      return outcome.tail === undefined
        ? { at: 'collect', from: 0 }
        : recognize(outcome.tail, outcome.landed, abilityFor(outcome.tail))
    case 'compare-tail': {
      const { claim } = expect(step, 'compare-tail')
      if (outcome.era) return { at: 'put-claim', claim: outcome.era }
      return outcome.replaced === undefined
        ? { at: 'check-tail', claim }
        : { at: 'refuse', problem: { kind: 'truncated', claim, found: outcome.replaced } }
    }
    case 'check-tail': {
      const { claim } = expect(step, 'check-tail')
      if (!outcome.complete) return finish(claim, abilityFor(claim))
      return abilityFor(claim) === 'too-new' ? refuseNewer(claim) : { at: 'collect', from: claim.E }
    }
    case 'collect':
      return { at: 'put-claim', claim: outcome.claim }
    case 'put-claim': {
      const { claim } = expect(step, 'put-claim')
      return outcome.result === 'stored' ? write(claim) : { at: 'read-claim', claim }
    }
    case 'read-claim': {
      const { claim } = expect(step, 'read-claim')
      if (outcome.claim.nonce === claim.nonce) return write(claim)
      // Recovery continues from the claim that was first, whether it began the era or still belongs to the previous
      // one.
      if (claim.begins) return firstStep
      if (outcome.claim.era?.number !== claim.era?.number) {
        return { at: 'refuse', problem: { kind: 'era-begun', claim: outcome.claim } }
      }
      return finish(outcome.claim, abilityFor(outcome.claim))
    }
    case 'collect-claim': {
      const { claim } = expect(step, 'collect-claim')
      if (!sameContent(claim, outcome.claim)) {
        return { at: 'refuse', problem: { kind: 'claim-disagrees', stored: claim, seen: outcome.claim } }
      }
      return write(claim)
    }
    case 'put-files': {
      const { claim } = expect(step, 'put-files')
      return claim.dead > 0 ? { at: 'announce', claim } : { at: 'commit', claim }
    }
    case 'announce': {
      // Announce first, then store: a dead-letter file proves that its announcement was acknowledged, or is recorded as
      // pending.
      const { claim } = expect(step, 'announce')
      return { at: outcome.result === 'sent' ? 'put-dead' : 'defer-announcement', claim }
    }
    case 'defer-announcement':
      return { at: 'put-dead', claim: expect(step, 'defer-announcement').claim }
    case 'put-dead':
      return { at: 'commit', claim: expect(step, 'put-dead').claim }
    case 'commit':
      return { at: 'collect', from: expect(step, 'commit').claim.E }
  }
}

/** Whether a step needs records. The writer completes every other step before it returns. */
export function isCollecting(step: Step): step is Extract<Step, { at: 'collect' | 'collect-claim' }> {
  return step.at === 'collect' || step.at === 'collect-claim'
}

/** An offset alone proves nothing: Kafka may have lost the record, and given its offset to another one. */
function recognize(claim: Claim, landed: Claim | undefined, ability: Ability): Step {
  // This release cannot compare records of a newer contract; it stops at the claim anyway.
  return landed === undefined || ability === 'too-new'
    ? { at: 'check-tail', claim }
    : { at: 'compare-tail', claim, landed }
}

/** Adopts a claim that another consumer wrote and may not have finished. */
function finish(claim: Claim, ability: Ability): Step {
  if (claim.skipped > 0) return ability === 'too-new' ? refuseNewer(claim) : { at: 'commit', claim }
  if (ability !== 'writes') return { at: 'refuse', problem: { kind: 'unknown-encoder', claim } }
  return { at: 'collect-claim', claim }
}

function refuseNewer(claim: Claim): Step {
  return { at: 'refuse', problem: { kind: 'newer-contract', claim } }
}

function write(claim: Claim): Step {
  return claim.skipped > 0 || claim.begins ? { at: 'commit', claim } : { at: 'put-files', claim }
}

/** Two claims of one range that put the same rows into the same objects. */
function sameContent(a: Claim, b: Claim): boolean {
  return (
    a.S === b.S &&
    a.E === b.E &&
    a.dead === b.dead &&
    a.gaps === b.gaps &&
    (a.last === undefined || b.last === undefined || a.last.sha256 === b.last.sha256) &&
    a.files.length === b.files.length &&
    a.files.every((file, i) => file.key === b.files[i]?.key && file.rows === b.files[i]?.rows)
  )
}

function expect<A extends Step['at']>(step: Step, at: A): Extract<Step, { at: A }> {
  if (step.at !== at) throw new Error(`an outcome of ${at} came at step ${step.at}`)
  return step as Extract<Step, { at: A }>
}
