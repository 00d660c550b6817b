// For tests: changes of a cluster that the Confluent client's admin cannot make, sent over this package's connection.
import { Connection } from './connection.ts'
import { brokerErrorCode } from './errors.ts'
import { settingsOf } from './options.ts'
import type { Api, Call } from './protocol/call.ts'
import type { WireReader, WireWriter } from './protocol/wire.ts'

const TIMEOUT_MS = 15_000
const noId = '0'.repeat(32)

export class TestAdmin implements Disposable {
  readonly #connection: Connection

  private constructor(connection: Connection) {
    this.#connection = connection
  }

  static async connect(broker: string): Promise<TestAdmin> {
    const settings = settingsOf({ brokers: [broker], requestTimeoutMs: 2 * TIMEOUT_MS })
    return new TestAdmin(await Connection.open(settings.brokers[0]!, settings))
  }

  /** `assignments`: the replicas of each partition, the preferred leader first. Returns the topic's id. */
  async createTopic(
    topic: string,
    assignments: readonly (readonly number[])[],
    config: Record<string, string> = {},
  ): Promise<string> {
    return this.#ask(
      call(19, 7, (writer) => {
        writer.compactArray([topic], () => {
          writer.compactString(topic).int32(-1).int16(-1)
          writer.compactArray([...assignments.entries()], ([partition, replicas]) => {
            writer.int32(partition).compactArray(replicas, (id) => writer.int32(id))
            writer.noTags()
          })
          writer.compactArray(Object.entries(config), ([name, value]) => {
            writer.compactString(name).compactString(value).noTags()
          })
          writer.noTags()
        })
        writer.int32(TIMEOUT_MS).boolean(false).noTags()
      }),
      (reader) => {
        reader.unsignedVarint()
        reader.compactString()
        const id = reader.uuid()
        check(reader.int16(), () => reader.compactString())
        return id
      },
    )
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#ask(
      call(20, 6, (writer) => {
        writer.compactArray([topic], () => writer.compactString(topic).uuid(noId).noTags())
        writer.int32(TIMEOUT_MS).noTags()
      }),
      (reader) => {
        reader.unsignedVarint()
        reader.compactString()
        reader.uuid()
        check(reader.int16(), () => reader.compactString())
      },
    )
  }

  /** Deletes the records below the offset. Only the partition's leader can. */
  async deleteRecords(topic: string, partition: number, before: number): Promise<void> {
    await this.#ask(
      call(21, 2, (writer) => {
        writer.compactArray([topic], () => {
          writer.compactString(topic)
          writer.compactArray([partition], () => writer.int32(partition).int64(before).noTags())
          writer.noTags()
        })
        writer.int32(TIMEOUT_MS).noTags()
      }),
      (reader) => {
        reader.unsignedVarint()
        reader.compactString()
        reader.unsignedVarint()
        reader.int32()
        reader.int64()
        check(reader.int16())
      },
    )
  }

  /** Changes the replicas or their order; the first is the preferred leader. */
  async reassign(topic: string, partition: number, replicas: readonly number[]): Promise<void> {
    await this.#ask(
      call(45, 0, (writer) => {
        writer.int32(TIMEOUT_MS)
        writer.compactArray([topic], () => {
          writer.compactString(topic)
          writer.compactArray([partition], () => {
            writer.int32(partition).compactArray(replicas, (id) => writer.int32(id))
            writer.noTags()
          })
          writer.noTags()
        })
        writer.noTags()
      }),
      (reader) => check(reader.int16(), () => reader.compactString()),
    )
  }

  /** The preferred replicas become the leaders. */
  async electPreferred(topic: string, partitions: readonly number[]): Promise<void> {
    await this.#ask(
      call(43, 2, (writer) => {
        writer.int8(0)
        writer.compactArray([topic], () => {
          writer.compactString(topic).compactArray(partitions, (id) => writer.int32(id))
          writer.noTags()
        })
        writer.int32(TIMEOUT_MS).noTags()
      }),
      (reader) => check(reader.int16()),
    )
  }

  /** Limits how many bytes a second a client may fetch. */
  async limitFetch(clientId: string, bytesPerSecond: number): Promise<void> {
    const float = Buffer.alloc(8)
    float.writeDoubleBE(bytesPerSecond)
    await this.#ask(
      call(49, 1, (writer) => {
        writer.compactArray([clientId], () => {
          writer.compactArray([clientId], () =>
            writer.compactString('client-id').compactString(clientId).noTags(),
          )
          writer.compactArray([float], () =>
            writer.compactString('consumer_byte_rate').raw(float).boolean(false).noTags(),
          )
          writer.noTags()
        })
        writer.boolean(false).noTags()
      }),
      (reader) => {
        reader.unsignedVarint()
        check(reader.int16(), () => reader.compactString())
      },
    )
  }

  [Symbol.dispose](): void {
    this.#connection.close()
  }

  async #ask<T>(question: Omit<Call<T>, 'decode'>, decode: (reader: WireReader) => T): Promise<T> {
    return this.#connection.request({
      ...question,
      decode: (reader) => {
        reader.int32()
        return decode(reader)
      },
    })
  }
}

function call(
  key: number,
  version: number,
  encode: (writer: WireWriter) => void,
): Omit<Call<never>, 'decode'> {
  const api: Api = { key, name: `api ${key}`, versions: [version, version], flexibleFrom: version }
  return { api, version, encode }
}

function check(error: number, message: () => string | null = () => null): void {
  if (error !== 0) throw new Error(`${brokerErrorCode(error)} ${message() ?? ''}`)
}
