// The template's parameters as flags of the command line: one list, kept in the template.
import type { Options } from 'yargs'
import type { Parameter, Template } from './template.ts'

/** `InstanceType` is `--instance-type`. */
export function flagOf(parameter: string): string {
  return parameter.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase()
}

/** One flag for each parameter, with the template's description; none is required. */
export function parameterFlags(template: Template): Record<string, Options> {
  return Object.fromEntries(
    Object.entries(template.Parameters).map(([name, parameter]) => [
      flagOf(name),
      {
        type: 'string',
        requiresArg: true,
        group: 'The stack:',
        describe: describe(parameter),
        ...(name === 'ClientCidr' && { alias: 'cidr' }),
        ...(parameter.AllowedValues && { choices: parameter.AllowedValues }),
      } satisfies Options,
    ]),
  )
}

/** The parameters that were given on the command line. */
export function givenParameters(
  template: Template,
  flags: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const given: Record<string, string> = {}
  for (const name of Object.keys(template.Parameters)) {
    const value = flags[flagOf(name)]
    if (value !== undefined) given[name] = String(value)
  }
  return given
}

function describe(parameter: Parameter): string {
  return parameter.Default === undefined || parameter.Default === ''
    ? parameter.Description
    : `${parameter.Description} [${parameter.Default}]`
}
