// Takes the records of an era, and shifts their offsets from Kafka's to the lake's.
import type { Message } from '../batching/pending-batches.ts'
import type { RecordSink } from '../group/record-source.ts'

/** @param shift what is added to each offset */
export function shiftedSink(sink: RecordSink, shift: number): RecordSink {
  const message = new ShiftedMessage(shift)
  return {
    push: (one) => sink.push(message.of(one)),
    pushAll: ({ offsets, message: original, ...spans }) =>
      sink.pushAll({
        ...spans,
        offsets: offsets.subarray(0, spans.count).map((offset) => offset + shift),
        message: (i) => message.of(original(i)),
      }),
    reachedEnd: (offset) => sink.reachedEnd(offset + shift),
  }
}

/** One message object for all records, as in the sources. */
class ShiftedMessage implements Message {
  readonly #shift: number
  #message!: Message

  constructor(shift: number) {
    this.#shift = shift
  }

  of(message: Message): this {
    this.#message = message
    return this
  }

  get partition() {
    return this.#message.partition
  }
  get offset() {
    return this.#message.offset + this.#shift
  }
  get timestamp() {
    return this.#message.timestamp
  }
  get key() {
    return this.#message.key ?? null
  }
  get value() {
    return this.#message.value
  }
  get headers() {
    return this.#message.headers ?? []
  }
  get leaderEpoch() {
    return this.#message.leaderEpoch
  }
}
