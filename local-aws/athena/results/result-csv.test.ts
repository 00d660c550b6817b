import { expect, test } from 'vitest'
import { csvLine } from './result-csv.ts'

test('each value is quoted, NULL is nothing, an empty text is two quotes', () => {
  const rows: (string | null)[][] = [
    ['a', 'b "quoted"', ''],
    [null, '', null],
    ['line\nbreak', ',', '"'],
    ['größe 日本', '""', 'x'],
    [null, null, null],
  ]
  expect(rows.map(csvLine).join('')).toBe(
    '"a","b ""quoted""",""\n,"",\n"line\nbreak",",",""""\n"größe 日本","""""","x"\n,,\n',
  )
})
