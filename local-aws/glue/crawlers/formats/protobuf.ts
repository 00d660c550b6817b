// Reads the fields of a protobuf message, as far as ORC's footers need them.

export interface Field {
  readonly number: number
  /** The value of a varint or a fixed number. */
  readonly value?: number
  /** The bytes of a string, a message, or packed numbers. */
  readonly bytes?: Uint8Array
}

/** @throws Error at a truncated or broken message */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  let at = 0
  const varint = () => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++]
      if (byte === undefined || factor > 2 ** 63) throw new Error('a broken message')
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
  }
  while (at < message.length) {
    const key = varint()
    const number = Math.floor(key / 8)
    switch (key % 8) {
      case 0:
        yield { number, value: varint() }
        break
      case 1:
        at += 8
        break
      case 2: {
        const length = varint()
        if (at + length > message.length) throw new Error('a broken message')
        yield { number, bytes: message.subarray(at, at + length) }
        at += length
        break
      }
      case 5:
        at += 4
        break
      default:
        throw new Error('a broken message')
    }
  }
}
