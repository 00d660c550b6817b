// Three lines for a typing error: what was wrong, what was probably meant, where the help is.
import { expect, test } from 'vitest'
import { renderError } from './errors.ts'
import { refuseEmptyFlags, usageFailure } from './usage.ts'

const top = 'Sends rows.\n\nCommands:\n  producer run    Send rows\n  producer topic  Make the topic\n'
const run = 'producer run [flags]\n\nOptions:\n  --help  x\n  --rate  rows\n  --rows  y\n'
const query = 'catalog query <sql> [--output table|csv]\n\nOptions:\n  --output  how\n'

const said = (...args: Parameters<typeof usageFailure>) => renderError(usageFailure(...args)).split('\n')

test.each([
  [
    'a command with a typo',
    said('producer', ['runn'], 'Unknown argument: runn', top),
    [
      'error USAGE: there is no command runn; nothing was done',
      'did you mean run?',
      'node producer/main.ts --help',
    ],
  ],
  [
    'a command with a typo, next to one that takes SQL',
    said(
      'catalog',
      ['qurey', 'SELECT 1'],
      'Unknown arguments: qurey, SELECT 1',
      `Asks.\n\n  catalog query <sql>  ask\n`,
    ),
    ['there is no command qurey', 'did you mean query?', 'node catalog/main.ts --help'],
  ],
  [
    'a flag with a typo',
    said('producer', ['run', '--raet', '5'], 'Unknown argument: raet', run),
    ['there is no --raet', 'did you mean --rate?', 'node producer/main.ts run --help'],
  ],
  [
    'a typo for a program that is not in a folder of its name',
    said('aws', ['--raet', '5'], 'Unknown argument: raet', run, 'stack/aws.ts'),
    ['there is no --raet', 'did you mean --rate?', 'node stack/aws.ts --help'],
  ],
  [
    'SQL without quotation marks',
    said('catalog', ['query', 'SELECT', '1', 'x'], 'Unknown arguments: 1, x', query),
    ['the statement came in 3 pieces', "node catalog/main.ts query 'SELECT ...'", 'query --help'],
  ],
  [
    'a value that is none of the choices',
    said(
      'catalog',
      ['query', '--output', 'xml'],
      'Invalid values:\n  Argument: output, Given: "xml", Choices: "table", "csv"',
      query,
    ),
    ['--output cannot be xml', 'it is one of table, csv', 'query --help'],
  ],
  [
    'nothing where an argument is needed',
    said('catalog', ['query'], 'Not enough non-option arguments: got 0, need at least 1', query),
    ['something is missing', 'the command is: catalog query <sql>', 'query --help'],
  ],
])('%s', (_, lines, parts) => {
  expect(lines).toHaveLength(3)
  for (const [i, part] of parts.entries()) expect(lines[i]).toContain(part)
})

test('a flag without a value, and an incomplete command, need only two lines', () => {
  expect(said('producer', ['run', '--rate'], 'Not enough arguments following: rate', run)).toEqual([
    'error USAGE: --rate needs a value; nothing was done',
    '  do:  node producer/main.ts run --help shows what there is',
  ])
  expect(said('producer', [], 'missing command; expected one of run, topic', top)[0]).toContain(
    'missing command; expected one of run, topic',
  )
})

test.each([
  [['run', '--csv', '', '--rate', '5'], '--csv'],
  [['dlq', 'list', '--dataset='], '--dataset'],
])('%j: an empty flag does not count as absent', (args, flag) => {
  expect(() => refuseEmptyFlags(args)).toThrow(`${flag} is empty; nothing was done`)
})

test.each([
  [['run', '--csv', 'a.csv', '--all']],
  [['show', '']],
  [['replay', '--set', 'close=']],
  [['query', '--', '--x=']],
])('%j has no empty flag', (args) => {
  expect(refuseEmptyFlags(args)).toBe(true)
})
