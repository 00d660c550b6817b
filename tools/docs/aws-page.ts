// The commands of docs/aws.md, unchanged, and which test runs which: a new one must be added to a share, or to
// `notRun` with a reason.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Which test runs which commands, by their beginnings. */
const shares = {
  'infra/aws-page.stack.test.ts': [
    /^aws (configure --|sts |ssm get-parameter |ec2 )/,
    /^export /,
    /^make (aws-plan|aws-deploy|aws-destroy|stack-down)\b/,
    /^node infra\/main\.ts /,
  ],
  'e2e/aws.e2e.test.ts': [
    /^make (aws|aws-down|audit|crawl|doctor|query SQL='.*')$/,
    /^\. \.\/\.env\.aws; openssl /,
    /^cat >\S+\/admin\.properties /,
    /^\. \.\/\.env\.aws; kafka-topics\.sh /,
  ],
  'infra/broker-boot.e2e.test.ts': [/^sudo /, /^\. \.\/\.env\.aws; nc /],
} as const

/** What cannot be run without an account; infra/aws-page.stack.test.ts checks each as far as possible. */
export const notRun = [
  {
    form: /^aws configure sso\b/,
    why: 'asks for a login in a browser; only version 2 of the AWS CLI has it',
  },
  { form: /^aws ssm start-session\b/, why: 'needs a real instance, and Session Manager’s plug-in' },
  { form: /^curl https:/, why: 'asks AWS over the internet' },
] as const

/** Inline code of more than one word that is not a command to type: output of programs, and a command in a container. */
const phrases = ['Not authorized', 'SSL ... certificate verify failed', 'catalog doctor']

/** Every command of docs/aws.md once: the lines of its blocks, up to their comments, and those within sentences. */
export function commandsOf(page: string): string[] {
  const block = /(?<=\n\n)(?: {4,}\S.*\n)+/g
  const inBlocks = [...page.matchAll(block)].flatMap(([text]) => commandsOfBlock(text))
  const inSentences = [...page.replace(block, '').matchAll(/`([^`]+)`/g)]
    .map(([, code]) => code!.replace(/\s+/g, ' '))
    .filter((code) => code.includes(' ') && !code.startsWith('--') && !phrases.includes(code))
  return [...new Set([...inBlocks, ...inSentences])]
}

function commandsOfBlock(text: string): string[] {
  const indent = /^ */.exec(text)![0].length
  return text
    .replace(new RegExp(`^ {${indent}}`, 'gm'), '')
    .replace(/\\\n\s*/g, '')
    .replace(/(^|\s)\s*# .*$/gm, '')
    .match(/^.*<<(\w+)\n[\s\S]*?^\1$|^.*\S.*$/gm)!
    .flatMap((command) => command.split(' && '))
    .map((command) => command.trim())
}

/** The `form` of a share or of `notRun` for a command: exactly one, as every command of the page must be covered. */
export function claimsOn(command: string): string[] {
  return [
    ...Object.entries(shares).flatMap(([file, forms]) => forms.map((form) => [file, form] as const)),
    ...notRun.map(({ why, form }) => [why, form] as const),
  ]
    .filter(([, form]) => form.test(command))
    .map(([claim]) => claim)
}

export const awsPage = readFileSync(join(import.meta.dirname, '../../docs/aws.md'), 'utf8')

/** The commands that one test file must run: it takes them one by one, and none may be left. */
export class Share {
  readonly #left: string[]

  constructor(file: keyof typeof shares) {
    this.#left = commandsOf(awsPage).filter((command) => claimsOn(command)[0] === file)
  }

  /** The command that matches. @throws Error unless the page has exactly one */
  take(form: RegExp): string {
    const found = this.#left.filter((command) => form.test(command))
    if (found.length !== 1) {
      throw new Error(`docs/aws.md has ${found.length} commands ${form} left:\n${this.#left.join('\n')}`)
    }
    this.#left.splice(this.#left.indexOf(found[0]!), 1)
    return found[0]!
  }

  /** The commands that were not taken. */
  get left(): readonly string[] {
    return this.#left
  }
}
