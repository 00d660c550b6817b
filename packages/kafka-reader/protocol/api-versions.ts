// ApiVersions: which requests a broker understands, in which versions. https://kafka.apache.org/protocol#The_Messages_ApiVersions
import { brokerError, KafkaReaderError } from '../errors.ts'
import type { Api, Call } from './call.ts'

export type ApiVersions = ReadonlyMap<number, readonly [lowest: number, highest: number]>

const api: Api = { key: 18, name: 'ApiVersions', versions: [3, 3], flexibleFrom: 3 }

/** Requests the broker's versions. The response always has the old header: no version is agreed yet. */
export const apiVersionsCall: Call<ApiVersions> = {
  api,
  version: 3,
  encode: (writer) => writer.compactString('ticklake-kafka-reader').compactString('0.1.0').noTags(),
  decode: (reader) => {
    const error = reader.int16()
    // A broker before 2.4 responds like this, in the oldest version.
    if (error === 35) throw tooOld()
    if (error !== 0) throw brokerError(error, { message: 'the broker does not report its API versions' })
    const versions = new Map<number, readonly [number, number]>()
    reader.compactArray(() => {
      versions.set(reader.int16(), [reader.int16(), reader.int16()])
      reader.tags()
    })
    return versions
  },
}

/**
 * The highest version that both sides support.
 * @throws KafkaReaderError UNSUPPORTED_BROKER when there is none
 */
export function agreedVersion(api: Api, broker: ApiVersions, highest = api.versions[1]): number {
  const [theirLowest, theirHighest] = broker.get(api.key) ?? [0, -1]
  const version = Math.min(highest, api.versions[1], theirHighest)
  if (version >= api.versions[0] && version >= theirLowest) return version
  throw new KafkaReaderError({
    code: 'UNSUPPORTED_BROKER',
    message: `the broker supports ${api.name} ${theirLowest} to ${theirHighest}, this reader ${api.versions.join(' to ')}`,
  })
}

function tooOld(): KafkaReaderError {
  return new KafkaReaderError({
    code: 'UNSUPPORTED_BROKER',
    message: 'the broker is older than Kafka 2.8, the oldest release that this reader supports',
  })
}
