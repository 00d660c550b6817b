// Splits a connection's bytes into answers; a large one is received into its own memory without copying.

/** Headers and small answers are received here. */
const STAGING_BYTES = 16 * 1024
/** Reused memory of decoded answers: one is received while another is decoded. */
const KEPT_FRAMES = 2
/** An answer begins with the request's correlation id. */
const SMALLEST_FRAME_BYTES = 4

export interface FrameEvents {
  /** The answer is the first `length` bytes; the memory is the receiver's until release(). */
  readonly onFrame: (frame: Buffer, length: number) => void
  /** The answer is longer than allowed. Nothing more is accepted. */
  readonly onRefused: (announced: number) => void
}

export class Frames {
  readonly #maxBytes: number
  readonly #keptBytes: number
  readonly #staging = Buffer.allocUnsafeSlow(STAGING_BYTES)
  readonly #kept: Buffer[] = []
  #events: FrameEvents = { onFrame: () => {}, onRefused: () => {} }
  #staged = 0
  #frame: Buffer | undefined
  #length = 0
  #filled = 0
  #refused = false

  /** An answer of more than `maxBytes` is refused; the memory of one of more than `keptBytes` is used once. */
  constructor(maxBytes: number, keptBytes: number) {
    this.#maxBytes = maxBytes
    this.#keptBytes = keptBytes
  }

  listen(events: FrameEvents): void {
    this.#events = events
  }

  /** Where the next bytes go. */
  free(): Buffer {
    return this.#frame
      ? this.#frame.subarray(this.#filled, this.#length)
      : this.#staging.subarray(this.#staged)
  }

  /** This many bytes were received there. */
  received(bytes: number): void {
    if (this.#frame) {
      this.#filled += bytes
      if (this.#filled === this.#length) this.#complete()
      return
    }
    this.#staged += bytes
    let at = 0
    while (this.#staged - at >= 4 && !this.#refused) {
      const announced = this.#staging.readInt32BE(at)
      if (announced < SMALLEST_FRAME_BYTES || announced > this.#maxBytes) {
        this.#refused = true
        this.#events.onRefused(announced)
        break
      }
      this.#begin(announced)
      const here = Math.min(announced, this.#staged - at - 4)
      this.#frame!.set(this.#staging.subarray(at + 4, at + 4 + here))
      this.#filled = here
      at += 4 + here
      if (here < announced) break
      this.#complete()
    }
    this.#staging.copyWithin(0, at, this.#staged)
    this.#staged -= at
  }

  /** Returns memory for the next answers. */
  release(frame: Buffer): void {
    if (frame.length <= this.#keptBytes && this.#kept.length < KEPT_FRAMES) this.#kept.push(frame)
  }

  #begin(length: number): void {
    const kept = this.#kept.findIndex((frame) => frame.length >= length)
    // Some extra space, so that the next answer of similar size fits too.
    this.#frame =
      kept >= 0 ? this.#kept.splice(kept, 1)[0]! : Buffer.allocUnsafeSlow(length + (length >>> 3) + 64)
    this.#length = length
  }

  #complete(): void {
    const frame = this.#frame!
    this.#frame = undefined
    this.#events.onFrame(frame, this.#length)
  }
}
