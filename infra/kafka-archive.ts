// The SHA-512 with which the broker's instance compares Kafka's archive: this repository's, or the user's.
import { basename } from 'node:path/posix'
import { Failure } from '@ticklake/runtime/errors.ts'
import type { Template } from './template.ts'

/**
 * The parameters with the sum of the archive if another address is given. A mirror has the same file, so the template's
 * sum is right; this repository knows no sum of another file, and one that is fetched with it would prove nothing.
 * @throws Failure CHECKSUM_UNKNOWN
 */
export function withArchiveSum(
  template: Template,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const { KafkaArchiveUrl: url, KafkaArchiveSha512: sum } = given
  if (url === undefined || sum !== undefined) return { ...given }
  const known = basename(String(template.Parameters.KafkaArchiveUrl?.Default))
  if (basename(new URL(url).pathname) === known) {
    return { ...given, KafkaArchiveSha512: String(template.Parameters.KafkaArchiveSha512?.Default) }
  }
  throw new Failure({
    code: 'CHECKSUM_UNKNOWN',
    what: 'the checksum of that Kafka archive is not known; nothing was created',
    why: `${url} is not ${known}, the one archive whose SHA-512 is written in infra/template/broker.yaml`,
    remedy:
      'check the archive by its signature (docs/dependencies.md) and give its sum: --kafka-archive-sha512 <128 hexadecimal digits>',
  })
}
