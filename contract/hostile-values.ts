// A hundred values that a topic may hold, each with its verdict: every format must give the same one, and the same row.

export interface HostileValue {
  readonly name: string
  readonly value: Uint8Array | null
  /** `accepted`, or the reason of the refusal */
  readonly verdict: string
}

const fields: Readonly<Record<string, string>> = {
  index: '"HSI"',
  date: '"1986-12-31"',
  open: '2568.3',
  high: '2568.3',
  low: '2568.3',
  close: '2568.3',
  adj_close: '2568.3',
  volume: '0',
  close_usd: '333.879',
}

/** The text of a good tick, with some of its raw JSON values replaced, added, or (undefined) left out. */
export function tickText(changes: Readonly<Record<string, string | undefined>> = {}): string {
  const entries = Object.entries({ ...fields, ...changes }).filter(([, raw]) => raw !== undefined)
  return `{${entries.map(([name, raw]) => `${JSON.stringify(name)}:${raw}`).join(',')}}`
}

const whole = (name: string, value: string | Uint8Array | null, verdict: string): HostileValue => ({
  name,
  value: typeof value === 'string' ? Buffer.from(value) : value,
  verdict,
})

const withField = (field: string, raw: string | undefined, verdict: string): HostileValue =>
  whole(
    raw === undefined
      ? `${field} left out`
      : `${field} = ${raw.length > 40 ? `${raw.slice(0, 30)}… (${raw.length} characters)` : raw}`,
    tickText({ [field]: raw }),
    verdict,
  )

const reversed = `{${Object.entries(fields)
  .reverse()
  .map(([name, raw]) => `"${name}":${raw}`)
  .join(',')}}`

export const hostileValues: readonly HostileValue[] = [
  whole('no value at all', null, 'tombstone'),
  whole('no bytes', '', 'not_json'),
  whole('a space', ' ', 'not_json'),
  whole('the word hello', 'hello', 'not_json'),
  whole('a row of CSV', 'HSI,1986-12-31,2568.3,2568.3,2568.3,2568.3,2568.3,0.0,333.879', 'not_json'),
  whole('null', 'null', 'not_an_object'),
  whole('true', 'true', 'not_an_object'),
  whole('a number', '42', 'not_an_object'),
  whole('a string', '"tick"', 'not_an_object'),
  whole('an array', '[]', 'not_an_object'),
  whole('an array of a tick', `[${tickText()}]`, 'not_an_object'),
  whole('an empty object', '{}', 'missing_field'),
  whole('a tick cut short', tickText().slice(0, -1), 'not_json'),
  whole('a tick cut within a number', tickText().slice(0, -5), 'not_json'),
  whole('two ticks', tickText() + tickText(), 'not_json'),
  whole('two ticks on two lines', `${tickText()}\n${tickText()}`, 'not_json'),
  whole('a trailing comma', `${tickText().slice(0, -1)},}`, 'not_json'),
  whole('a comment', `${tickText()}// hi`, 'not_json'),
  whole('single quotes', tickText().replaceAll('"', "'"), 'not_json'),
  whole('a byte order mark', `\ufeff${tickText()}`, 'not_json'),
  whole('UTF-16', Buffer.from(tickText(), 'utf16le'), 'not_json'),
  whole('a byte that is no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'not_utf8'),
  whole('a NUL byte behind the tick', `${tickText()}\u0000`, 'not_json'),
  whole(
    'bytes of a Confluent schema id',
    Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), Buffer.from(tickText())]),
    'not_json',
  ),
  whole('a good tick', tickText(), 'accepted'),
  whole('a newline behind it', `${tickText()}\n`, 'accepted'),
  whole('spaces around it', `  ${tickText()}  `, 'accepted'),
  whole('pretty-printed', JSON.stringify(JSON.parse(tickText()), null, 2), 'accepted'),
  whole('keys in another order', reversed, 'accepted'),
  whole('a key twice, the last one counts', tickText().replace('{', '{"index":"NYA",'), 'accepted'),
  whole('a key twice, the last one bad', `${tickText().slice(0, -1)},"open":"x"}`, 'wrong_type'),
  whole('a key with an escape', tickText().replace('"open"', '"\\u006fpen"'), 'accepted'),
  whole('a key in capitals', tickText().replace('"open"', '"OPEN"'), 'missing_field'),
  whole('a field of its own', tickText({ isin: '"XX"' }), 'accepted'),
  whole('a nested field of its own', tickText({ more: '{"a":[1,{"b":null}]}' }), 'accepted'),
  whole(
    '__proto__ as a field',
    tickText({ ['__proto__']: '1' }).replace('}', ',"__proto__":{"open":1}}'),
    'accepted',
  ),
  whole('open only in __proto__', `{"__proto__":${tickText()}}`, 'missing_field'),
  whole('a field named kafka_offset', tickText({ kafka_offset: '99' }), 'accepted'),
  whole('deeply nested', tickText({ deep: '['.repeat(2000) + ']'.repeat(2000) }), 'accepted'),
  ...Object.keys(fields).map((field) => withField(field, undefined, 'missing_field')),
  withField('index', '""', 'bad_text'),
  withField('index', 'null', 'wrong_type'),
  withField('index', '7', 'wrong_type'),
  withField('index', '["HSI"]', 'wrong_type'),
  withField('index', '" "', 'accepted'),
  withField('index', '"000001.SS"', 'accepted'),
  withField('index', '"é"', 'accepted'),
  withField('index', '"\\u00e9"', 'accepted'),
  withField('index', '"🐂"', 'accepted'),
  withField('index', '"\\ud83d\\udc02"', 'accepted'),
  withField('index', '"\\ud800"', 'bad_text'),
  withField('index', '"a\\"b"', 'accepted'),
  withField('index', '"a\\\\b"', 'accepted'),
  withField('index', '"a,b"', 'accepted'),
  withField('index', '"a\\nb"', 'bad_text'),
  withField('index', '"a\\u0000b"', 'bad_text'),
  withField('index', '"\\u007f"', 'bad_text'),
  withField('index', '"a/b"', 'accepted'),
  withField('index', '"a\\/b"', 'accepted'),
  withField('index', '"NULL"', 'accepted'),
  withField('index', `"${'x'.repeat(256)}"`, 'accepted'),
  withField('index', `"${'x'.repeat(257)}"`, 'bad_text'),
  withField('date', 'null', 'wrong_type'),
  withField('date', '536371200', 'wrong_type'),
  withField('date', '""', 'bad_date'),
  withField('date', '"31-12-1986"', 'bad_date'),
  withField('date', '"1986/12/31"', 'bad_date'),
  withField('date', '"1986-1-2"', 'bad_date'),
  withField('date', '"1986-12-31T00:00:00Z"', 'bad_date'),
  withField('date', '"1986-13-01"', 'bad_date'),
  withField('date', '"1986-02-29"', 'bad_date'),
  withField('date', '"1988-02-29"', 'accepted'),
  withField('date', '"1900-02-29"', 'bad_date'),
  withField('date', '"2000-02-29"', 'accepted'),
  withField('date', '"1986-04-31"', 'bad_date'),
  withField('date', '"1986-00-10"', 'bad_date'),
  withField('date', '"0000-01-01"', 'bad_date'),
  withField('date', '"0001-01-01"', 'accepted'),
  withField('date', '"1582-10-10"', 'accepted'),
  withField('date', '"9999-12-31"', 'accepted'),
  withField('date', '"1986-12-3１"', 'bad_date'),
  withField('date', '" 1986-12-31"', 'bad_date'),
  withField('open', '"2568.3"', 'wrong_type'),
  withField('open', 'null', 'wrong_type'),
  withField('open', 'true', 'wrong_type'),
  withField('open', '{}', 'wrong_type'),
  withField('open', 'NaN', 'not_json'),
  withField('open', 'Infinity', 'not_json'),
  withField('open', '0x10', 'not_json'),
  withField('open', '2913.', 'not_json'),
  withField('open', '.5', 'not_json'),
  withField('open', '+1', 'not_json'),
  withField('open', '01', 'not_json'),
  withField('open', '1_000', 'not_json'),
  withField('open', '1,000', 'not_json'),
  withField('open', '1e999', 'not_finite'),
  withField('open', '-1e999', 'not_finite'),
  withField('open', '9'.repeat(400), 'not_finite'),
  withField('open', '1e308', 'accepted'),
  withField('open', '5e-324', 'accepted'),
  withField('open', '1E5', 'accepted'),
  withField('open', '-0', 'accepted'),
  withField('open', '-0.0', 'accepted'),
  withField('open', '-0.5', 'accepted'),
  withField('open', '0.1', 'accepted'),
  withField('open', '1.50', 'accepted'),
  withField('open', '9007199254740993', 'accepted'),
  withField('open', '0.1234567890123456789012345678901234567890', 'accepted'),
  withField('open', '123456789012345678901234', 'accepted'),
  withField('adj_close', 'null', 'accepted'),
  withField('adj_close', '""', 'wrong_type'),
  withField('close_usd', 'null', 'accepted'),
  withField('close_usd', 'nul', 'not_json'),
  withField('volume', 'null', 'wrong_type'),
  withField('volume', '1495365300.5', 'accepted'),
  withField('volume', '-1', 'accepted'),
]
