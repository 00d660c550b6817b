// Draws rows evenly from a stream of any length, in bounded memory.
import type { Message } from './message.ts'

/**
 * All rows if there are at most `size`, else `size` of them, all equally likely (Vitter's algorithm R).
 * @param random numbers in [0, 1)
 */
export async function sampleOf(
  batches: AsyncIterable<readonly Message[]>,
  size: number,
  random: () => number = Math.random,
): Promise<Message[]> {
  const kept: Message[] = []
  let seen = 0
  for await (const batch of batches) {
    for (const message of batch) {
      seen++
      const slot = kept.length < size ? kept.length : Math.floor(random() * seen)
      if (slot < size) kept[slot] = message
    }
  }
  return kept
}
