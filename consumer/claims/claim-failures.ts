// The errors with which a partition's writer stops: most are a person's decision, one only makes it recover again.
import { type Claim, writtenBy } from '@ticklake/contract/claim.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { release } from '@ticklake/runtime/release.ts'
import type { Problem } from './claim-protocol.ts'

/** The records in memory are of a log that Kafka has replaced: another member recovers the chain again. */
export function logReplaced(partition: number, why: string): Failure {
  return new Failure({
    code: 'TOPIC_TRUNCATED',
    what: `Kafka has replaced records of partition ${partition} that were read; those that had not landed are read again if Kafka has them`,
    why,
    retryable: true,
  })
}

/** The error to stop with. */
export function stopFailure(problem: Exclude<Problem, { kind: 'truncated' }>): Failure {
  if (problem.kind === 'unknown-encoder') {
    const { S, E, partition, encoder, contract } = problem.claim
    const wanted = problem.claim.release
      ? `ticklake ${problem.claim.release} or newer`
      : `the release with encoder ${encoder} and contract ${contract}`
    return new Failure({
      code: 'UNKNOWN_ENCODER',
      what: `the unfinished claim [${S},${E}) of partition ${partition} cannot be finished by this release; nothing was written`,
      why: `it names encoder ${encoder} and contract ${contract}${writtenBy(problem.claim)}, this release has contract ${CONTRACT_VERSION}`,
      remedy: `run ${wanted} once, until it logs that the claim is complete`,
    })
  }
  if (problem.kind === 'newer-contract') {
    const { S, E, partition, contract } = problem.claim
    return new Failure({
      code: 'NEWER_CONTRACT',
      what: `the claim [${S},${E}) of partition ${partition} has contract ${contract}${writtenBy(problem.claim)}; nothing more is read from it`,
      why: `ticklake ${release} knows contract ${CONTRACT_VERSION}: it would drop the columns that were added since`,
      remedy: `run ticklake ${problem.claim.release ?? 'of the release that wrote it'} or newer`,
    })
  }
  if (problem.kind === 'era-begun') {
    const { partition, era } = problem.claim
    return logReplaced(partition, `another consumer has begun era ${era?.number ?? 0}`)
  }
  const { stored, seen } = problem
  return new Failure({
    code: 'CLAIM_DISAGREES',
    what: `the records of [${stored.S},${stored.E}) in partition ${stored.partition} are not those of its claim; nothing was written`,
    why: `the claim has ${describe(stored)}; Kafka now gives ${describe(seen)} (${problem.kind})`,
    remedy:
      'run `catalog audit --deep`: records were compacted or deleted before they landed, or two releases validate differently',
  })
}

function describe(claim: Claim): string {
  const files = claim.files.map(({ key, rows }) => `${rows} rows in ${key}`).join(', ') || 'no rows'
  const last = claim.last ? `, its last record ${claim.last.sha256.slice(0, 12)}` : ''
  return `${files}, ${claim.dead} dead, ${claim.gaps} gaps${last}`
}
