// A small seeded source of random numbers, so that generated data is the same on every machine and every run.

/**
 * The generator sfc32 (public domain, by Chris Doty-Humphrey), seeded with two numbers.
 * Only 32-bit integer steps, so that the result is the same on every engine and platform.
 * @returns a function that gives the next number in [0, 1)
 */
export function seededRandom(seed: number, stream: number): () => number {
  let a = seed | 0
  let b = stream | 0
  let c = 0x9e3779b9 | 0
  let counter = 1
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 0x1_0000_0000
  }
  // The first steps still show the seed's pattern.
  for (let i = 0; i < 12; i++) next()
  return next
}
