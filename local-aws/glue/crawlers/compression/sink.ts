// Takes unpacked bytes up to a limit; decoders that copy from what they wrote can read it back.

export class Sink {
  readonly #most: number
  #buffer = Buffer.allocUnsafe(64 * 1024)
  #length = 0
  #isFull = false

  constructor(most: number) {
    this.#most = most
  }

  /** Whether there was more than the limit allows. */
  get isFull(): boolean {
    return this.#isFull
  }

  get length(): number {
    return this.#length
  }

  write(bytes: Uint8Array): void {
    const fitting = Math.min(bytes.length, this.#most - this.#length)
    if (fitting < bytes.length) this.#isFull = true
    this.#reserve(fitting)
    this.#buffer.set(bytes.subarray(0, fitting), this.#length)
    this.#length += fitting
  }

  /** @throws Error when it is full */
  writeByte(byte: number): void {
    if (this.#length >= this.#most) {
      this.#isFull = true
      throw new Error('the limit of unpacked bytes is reached')
    }
    this.#reserve(1)
    this.#buffer[this.#length++] = byte
  }

  /** Repeats what was written `distance` bytes ago, which may overlap. @throws Error */
  copy(distance: number, count: number): void {
    if (distance === 0 || distance > this.#length) throw new Error('a copy of bytes before the start')
    for (let i = 0; i < count; i++) this.writeByte(this.#buffer[this.#length - distance]!)
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + count))
    larger.set(this.bytes())
    this.#buffer = larger
  }
}
