// Why a client's test fails here, from a closed list. A failure that no entry explains is "to do".
import type { Outcome } from './outcomes.ts'

export type Reason = 'not AWS’s either' | 'out of scope' | 'to do'

interface Rule {
  readonly suite: string
  /** Part of the test's name. */
  readonly test: string
  readonly reason: Exclude<Reason, 'to do'>
  readonly why: string
}

const noKms = 'the test calls KMS itself, which local-aws does not have'

const rules: readonly Rule[] = [
  {
    suite: 'pyathena',
    test: 'TestS3FileSystem::test_sign',
    reason: 'out of scope',
    why: 'the test wants an address with https, and the endpoint has no TLS',
  },
  {
    suite: 'pyathena',
    test: 'TestS3FileSystem::test_info_file',
    reason: 'not AWS’s either',
    why: 'S3 says in whole seconds when an object was written; the test compares microseconds',
  },
  {
    suite: 'dbt-athena',
    test: 'TestAthenaEmptySeedFlag::',
    reason: 'not AWS’s either',
    why: 'dbt-core 1.11.2 has no `seed --empty`: the test is for a later one',
  },
  { suite: 'awswrangler', test: 'test_athena_encryption[', reason: 'out of scope', why: noKms },
  {
    suite: 'awswrangler',
    test: 'test_write_to_parquet_with_client_encryption_config[',
    reason: 'out of scope',
    why: noKms,
  },
  {
    suite: 'awswrangler',
    test: 'test_read_parquet_table_with_client_side_encryption[',
    reason: 'out of scope',
    why: noKms,
  },
  {
    suite: 'awswrangler',
    test: 'test_read_from_access_point',
    reason: 'out of scope',
    why: 'an access point of S3 has a host name of its own, and the endpoint has one address',
  },
]

export interface Failure {
  readonly test: string
  readonly reason: Reason
  readonly why: string
}

/** The failed tests of a suite, each with its reason; the first rule that fits decides. */
export function failuresOf(suite: string, outcomes: readonly Outcome[]): Failure[] {
  return outcomes
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ test, message }) => {
      const rule = rules.find((each) => each.suite === suite && test.includes(each.test))
      if (rule) return { test, reason: rule.reason, why: rule.why }
      return { test, reason: 'to do', why: firstLine(message) }
    })
}

function firstLine(message: string): string {
  const line = message.split('\n').find((each) => each.trim() !== '') ?? ''
  return line.trim().slice(0, 160)
}
