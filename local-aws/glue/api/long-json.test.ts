import { expect, it } from 'vitest'
import { longsFromJson, longsToJson, withRawLongs } from './long-json.ts'

it.each(['9223372036854775807', '-9223372036854775808', '9007199254740993', '1', '1.5', '"x"', 'null'])(
  '%s comes back as it was',
  (text) => {
    const value = longsFromJson(`{"a":[${text}]}`)
    expect(longsToJson(value)).toBe(`{"a":[${text}]}`)
    expect(JSON.stringify(withRawLongs(value))).toBe(`{"a":[${text}]}`)
  },
)

it.each([
  [2 ** 63, '9223372036854775807'],
  [-(2 ** 63), '-9223372036854775808'],
])('%d, rounded on its way here, is brought back into 64 bits', (rounded, text) => {
  expect(longsToJson([rounded])).toBe(`[${text}]`)
})
