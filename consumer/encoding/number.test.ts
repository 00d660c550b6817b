import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readNumber } from './number.ts'

/** The value read from a text that is followed by more of a message. */
function read(text: string): [value: number, end: number] {
  const values = new Float64Array(2)
  const end = readNumber(Buffer.from(`:${text},"x":1`), 1, values, 1)
  return [values[1]!, end - 1]
}

function expectExact(text: string): void {
  expect(read(text), text).toEqual([Number(text), text.length])
}

test('a number of any length is read as by Number()', () => {
  const digits = (min: number, max: number) =>
    fc.array(fc.nat(9), { minLength: min, maxLength: max }).map((of) => of.join(''))
  const plain = fc
    .tuple(fc.boolean(), fc.nat(9_999_999_999), digits(0, 18))
    .map(([minus, whole, fraction]) => `${minus ? '-' : ''}${whole}${fraction && `.${fraction}`}`)
  const any = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0))
  const whole = fc.bigInt({ min: 0n, max: 10n ** 25n })
  fc.assert(fc.property(fc.oneof(plain, any.map(String), whole.map(String)), expectExact), {
    numRuns: 10_000,
  })
})

test.each([
  ['0', '-1', '0.1', '1e21', '1e-7', '-1.5e+300', '5e-324', '1.7976931348623157e308'],
  ['999999999', '1000000000', '999999999.999999', '9999999999.9', '0.000000001', '0.0000000001'],
  ['9007199254740991', '9007199254740993', '123456789012345', '1234567890.12345', '2568.300049'],
])('%s and its like', (...texts) => {
  for (const text of texts) expectExact(text)
})
