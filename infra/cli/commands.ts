// The command line of the infrastructure: plan, deploy, outputs, destroy, template.
import { join } from 'node:path'
import { Failure } from '@ticklake/runtime/errors.ts'
import type { CommandHost } from '@ticklake/runtime/process.ts'
import { failUsage, helpWidth, runCommandLine } from '@ticklake/runtime/usage.ts'
import yargs, { type Argv } from 'yargs'
import { CloudFormation } from '../cloudformation.ts'
import { deploy, type Target, writeDown } from '../deploy.ts'
import { type DataFate, destroy } from '../destroy.ts'
import { profiles } from '../env-aws.ts'
import { givenParameters, parameterFlags } from '../parameters.ts'
import { planText } from '../plan.ts'
import { makeTemplate, templateYaml } from '../template.ts'

const root = join(import.meta.dirname, '../..')

/**
 * Runs the command that the arguments name.
 * @throws Failure for a wrong command line, and for what the command itself throws
 */
export async function commandLine(
  args: readonly string[],
  host: CommandHost,
  signal: AbortSignal,
): Promise<void> {
  const template = makeTemplate()
  const flags = parameterFlags(template)
  const commands = yargs()
    .scriptName('infra')
    .usage(
      'A Kafka broker on EC2 and a lake of S3, Glue and Athena, as one CloudFormation stack.\nCredentials and region come from the AWS SDK’s own chain (AWS_PROFILE, AWS_REGION).\n\n  node infra/main.ts <command>',
    )
    .option('stack', { type: 'string', default: 'ticklake', describe: 'The stack’s name', coerce: stackName })
    .command(
      'plan',
      'Show what would be created and its cost per day; sends nothing to AWS',
      (y) => y.options(flags),
      (argv) => void host.stdout.write(planText(template, givenParameters(template, argv))),
    )
    .command(
      'deploy',
      'Create or update the stack, and write .env.aws',
      (y) =>
        asking(y)
          .options(flags)
          .example('node infra/main.ts deploy', 'admits your own public address, as AWS sees it')
          .example('node infra/main.ts deploy --instance-type t3.micro', 'the smallest, 1 GB of memory'),
      (argv) => deploy(template, givenParameters(template, argv), targetOf(argv), signal),
    )
    .command(
      'outputs',
      'Write .env.aws again from the stack, and print profiles for the services’ roles',
      (y) => y,
      async (argv) => void host.stdout.write(await outputs(targetOf(argv))),
    )
    .command(
      'destroy',
      'Delete the stack',
      (y) =>
        asking(y).option('data', {
          choices: ['keep', 'delete'] as const,
          describe: 'What happens to the bucket if it has data',
        }),
      (argv) => destroy(targetOf(argv), argv.data as DataFate | undefined, signal),
    )
    .command(
      'template',
      'Print the template, for CloudFormation’s console or another tool',
      (y) => y,
      () => void host.stdout.write(templateYaml(template)),
    )
    .demandCommand(1, 'missing command; expected one of plan, deploy, outputs, destroy, template')
    .strict()
    .fail(failUsage('infra', args))
    .version(false)
    .wrap(helpWidth(args, Math.min(80, host.stdout.columns ?? 80)))
  await runCommandLine(commands, args, host)
}

/** Writes .env.aws again. @returns the profiles of the services' roles */
async function outputs(target: Target): Promise<string> {
  const cloud = new CloudFormation(target.stack)
  const state = await cloud.state()
  if (!state) {
    throw new Failure({
      code: 'STACK_MISSING',
      what: `there is no stack ${target.stack} in ${await cloud.region()}`,
      remedy: 'create it: make aws-deploy',
    })
  }
  const deployment = await writeDown(state, target, await cloud.region())
  return profiles(state.outputs, deployment)
}

function asking(y: Argv): Argv {
  return y.option('yes', {
    type: 'boolean',
    default: false,
    describe: 'Change without asking',
  })
}

function targetOf(argv: Record<string, unknown>): Target {
  return {
    stack: String(argv.stack),
    secretsFolder: join(root, '.local', 'aws'),
    envFile: join(root, '.env.aws'),
    yes: argv.yes === true,
  }
}

/** The names of the crawler, the workgroup and a parameter begin with it. */
function stackName(name: string): string {
  if (!/^[a-z][a-z0-9-]{0,40}$/.test(name)) {
    throw new Error('--stack must be small letters, digits and -, and begin with a letter')
  }
  return name
}
