// Errors of the command line: what was wrong, what was probably meant, and where the help is.
import { nearest } from './env.ts'
import { Failure, inOneLine } from './errors.ts'
import type { CommandHost } from './process.ts'

/** A yargs instance with its commands. */
interface CommandLine {
  locale(language: string): unknown
  parseAsync(
    args: readonly string[],
    context: object,
    done: (error: unknown, argv: unknown, output: string) => void,
  ): Promise<unknown>
}

/** The part of a yargs instance that its fail handler needs. */
interface Parser {
  showHelp(print: (help: string) => void): unknown
}

/**
 * Runs the command that the arguments name. Yargs itself writes nothing and does not end the process: help goes to the
 * host's standard output.
 * @throws Failure USAGE if `.fail(failUsage(...))` is set, and what the command throws
 */
export async function runCommandLine(
  commands: CommandLine,
  args: readonly string[],
  { stdout }: Pick<CommandHost, 'stdout'>,
): Promise<void> {
  let help = ''
  // `failUsage` recognizes yargs' messages in English only.
  commands.locale('en')
  await commands.parseAsync(args, {}, (_error, _argv, output) => {
    help = output
  })
  if (help !== '') stdout.write(`${help}\n`)
}

/**
 * The handler for yargs' `.fail()`: throws a failure of three lines, where yargs would print the whole page of help.
 * @param script the name by which its help calls it
 * @param args as typed
 * @param file what `node` runs, from the project's folder
 */
export function failUsage(script: string, args: readonly string[], file = `${script}/main.ts`) {
  return (message: string | null, error: unknown, parser: Parser): never => {
    // Not an error of the command line: the caller shows it.
    if (error && !(error instanceof Failure && error.code === 'USAGE') && !message) throw error
    let help = ''
    parser.showHelp((text) => {
      help = text
    })
    throw error instanceof Failure ? error : usageFailure(script, args, message ?? '', help, file)
  }
}

/**
 * For yargs' `.wrap()`: the width of the help, and no wrapping without --help. Yargs writes the help of every
 * command that it runs; wrapping a long one costs a tenth of the time in which a service starts.
 * @param args as typed
 */
export function helpWidth(args: readonly string[], width: number): number | null {
  return args.includes('--help') ? width : null
}

/**
 * For yargs' `.check()`: refuses a flag with an empty value, which is what the shell makes of `--csv "$FILE"` without a
 * FILE. If it counted as absent, the command would do something else than intended.
 * @param args as typed
 * @throws Failure USAGE
 */
export function refuseEmptyFlags(args: readonly string[]): true {
  for (const [i, arg] of args.entries()) {
    if (arg === '--') break
    const flag =
      /^(--[a-z-]+)=$/.exec(arg)?.[1] ?? (args[i + 1] === '' && /^--[a-z-]+$/.test(arg) ? arg : undefined)
    if (flag === undefined) continue
    throw new Failure({
      code: 'USAGE',
      what: `${flag} is empty; nothing was done`,
      why: 'the shell probably expanded an unset variable',
      remedy: `give ${flag} a value, or leave it out`,
    })
  }
  return true
}

/** @param message yargs' own sentence @param help the help of the typed command, to find similar names */
export function usageFailure(
  script: string,
  args: readonly string[],
  message: string,
  help: string,
  file = `${script}/main.ts`,
): Failure {
  const path = [...help.matchAll(new RegExp(`^${script} ((?:[a-z-]+ )*[a-z-]+)`, 'gm'))][0]?.[1] ?? ''
  const typed = path.split(' ').filter((word) => args.includes(word))
  const command = ['node', file, ...typed].join(' ')
  const failure = (what: string, hint?: string) =>
    new Failure({
      code: 'USAGE',
      what: `${what}; nothing was done`,
      ...(hint === undefined ? {} : { why: hint }),
      remedy: `${command} --help shows what there is`,
    })

  const unknown = after(message, 'Unknown argument', 'Unknown command')?.split(', ')
  if (unknown) {
    const name = unknown[0]!
    const flag = args.find((arg) => arg.replace(/^--?/, '').split('=')[0] === name && arg.startsWith('-'))
    if (flag) {
      const flags = [...help.matchAll(/^ +(?:-\w, )?--([a-z-]+)/gm)].map((match) => match[1]!)
      const near = nearest(name, flags)
      return failure(`there is no ${flag.split('=')[0]}`, near && `did you mean --${near}?`)
    }
    if (typed.length > 0 && /^.*<sql>/.test(help.trimStart())) {
      return failure(
        `the statement came in ${unknown.length + 1} pieces`,
        `the shell takes it apart where there are no quotes: ${command} 'SELECT ...'`,
      )
    }
    const commands = [...help.matchAll(new RegExp(`^ +${script} (?:${typed.join(' ')} )?([a-z-]+)`, 'gm'))]
    const near = nearest(
      name,
      commands.map((match) => match[1]!),
    )
    const what = commands.length > 0 ? `there is no command ${name}` : `${name} is not expected here`
    return failure(what, near && `did you mean ${near}?`)
  }
  const choice = /Argument: ([\w-]+), Given: "?(.*?)"?, Choices: (.+)$/m.exec(message)
  if (choice) {
    return failure(`--${choice[1]} cannot be ${choice[2]}`, `it is one of ${choice[3]!.replaceAll('"', '')}`)
  }
  const valueless = after(message, 'Not enough arguments following')
  if (valueless) return failure(`--${valueless} needs a value`)
  if (/^Not enough non-option arguments/.test(message)) {
    const usage = help.trim().split('\n', 1)[0]
    return failure('something is missing', `the command is: ${usage}`)
  }
  return failure(inOneLine(message))
}

/** The rest of the line that begins with one of these words, singular or plural, and a colon. */
function after(message: string, ...prefixes: string[]): string | undefined {
  for (const line of message.split('\n')) {
    const found = prefixes.find(
      (commands) => line.startsWith(`${commands}: `) || line.startsWith(`${commands}s: `),
    )
    if (found) return line.slice(line.indexOf(': ') + 2)
  }
  return undefined
}
