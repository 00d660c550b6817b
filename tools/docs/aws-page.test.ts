import { expect, test } from 'vitest'
import { awsPage, claimsOn, commandsOf } from './aws-page.ts'

test('every command of the page is run by one test, or listed with the reason why none can', () => {
  const commands = commandsOf(awsPage)
  expect(commands.length).toBeGreaterThan(30)
  for (const command of commands) expect(claimsOn(command), command).toHaveLength(1)
})

test('a command is its lines without their comments, wherever it stands', () => {
  const page = [
    'Type `make it` or `make',
    'more X=1`; `--flag 1` and `word` are no commands.',
    '',
    '    one --long \\',
    '      rest | grep x   # 1  what it says',
    '                      # 2  and more of it',
    '    two && three',
    '    cat >file <<EOF',
    '    a=1',
    '    EOF',
    '',
    '- item',
    '     that goes on',
    '',
    '       four',
    '',
  ].join('\n')
  expect(commandsOf(page)).toEqual([
    'one --long rest | grep x',
    'two',
    'three',
    'cat >file <<EOF\na=1\nEOF',
    'four',
    'make it',
    'make more X=1',
  ])
})
