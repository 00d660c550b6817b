import { expect, it } from 'vitest'
import { crawlLog } from './crawl-summary.ts'

it('says what was written, and which objects were left out and why', () => {
  const reasons = [
    { reason: 'empty', count: 1, examples: ['s3://b/a'] },
    { reason: 'of no known format', count: 7, examples: ['s3://b/b', 's3://b/c'] },
  ]
  const summary = {
    TABLE: JSON.stringify({ ADD: { Count: 1, Details: { names: ['t'] } } }),
    PARTITION: JSON.stringify({ UPDATE: { Count: 2, Details: { names: ['t(1)', 't(2)'] } } }),
    OBJECT: JSON.stringify({ SKIP: { Count: 8, Details: { reasons } } }),
    WARNING: JSON.stringify({
      SKIP: {
        Count: 1,
        Details: {
          reasons: [{ reason: 'lines that are no JSON', count: 1, lines: 3, examples: ['s3://b/d'] }],
        },
      },
    }),
  }
  expect(crawlLog(JSON.stringify(summary))).toEqual([
    'INFO  added 1 table: t',
    'INFO  updated 2 partitions: t(1), t(2)',
    'WARN  left out 1 object (empty): s3://b/a',
    'WARN  left out 7 objects (of no known format): s3://b/b, s3://b/c, …',
    'WARN  3 lines that are no JSON, in 1 object: s3://b/d',
  ])
})

it.each([undefined, '', 'no JSON', '[]', '{"TABLE":"{"}'])('has no lines for the summary %j', (summary) => {
  expect(crawlLog(summary)).toEqual([])
})
