#!/usr/bin/env node
// The AWS endpoint alone, without Kafka, in the foreground: what the image of local-aws/Dockerfile runs.
import { once } from 'node:events'
import { runCommand } from '@ticklake/runtime/process.ts'
import { failUsage, runCommandLine } from '@ticklake/runtime/usage.ts'
import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
import { makeArchives } from './archives.ts'
import { containerAddresses } from './container-addresses.ts'
import { shellSettings } from './environment.ts'
import { homeDir } from './paths.ts'
import { loopback } from './ports.ts'
import { startStack } from './stack.ts'

const args = hideBin(process.argv)

await runCommand(async (signal) => {
  const commands = yargs()
    .scriptName('aws')
    .usage('$0 [command]\n\nAthena, Glue and S3 on port 4566, until Ctrl-C.')
    .command(['run', '$0'], 'serve; LOCAL_AWS_* variables set it up', {}, () => serve(signal))
    .command('archive', 'make the class archive with which Trino starts faster', {}, () =>
      makeArchives({ detail: '' }, signal, 'trino'),
    )
    .strict()
    .fail(failUsage('aws', args, 'stack/aws.ts'))
    .version(false)
  await runCommandLine(commands, args, process)
})

async function serve(signal: AbortSignal): Promise<void> {
  const settings = Object.fromEntries(
    Object.entries(shellSettings(process.env)).filter(([name]) => name.startsWith('LOCAL_AWS_')),
  )
  const begun = performance.now()
  await using stack = await startStack({
    dir: homeDir,
    ports: 'default',
    bucket: 'warehouse',
    kafka: false,
    localAws: { ...settings, ...allowedHosts(settings) },
    onReady: (name, seconds) => process.stderr.write(`${name} after ${seconds.toFixed(1)} s\n`),
    signal,
  })
  const seconds = (performance.now() - begun) / 1000
  process.stdout.write(`ready on http://${loopback}:${stack.ports.aws} after ${seconds.toFixed(1)} s\n`)
  const { failed } = stack.supervisor
  await once(AbortSignal.any([signal, failed]), 'abort')
  if (!signal.aborted) throw failed.reason
}

/** When it listens on every address, as in a container, it answers under each of the container's own. */
function allowedHosts(settings: Readonly<Record<string, string>>): Record<string, string> {
  if (settings.LOCAL_AWS_HOST !== '0.0.0.0') return {}
  const names = [...(settings.LOCAL_AWS_ALLOWED_HOSTS?.split(',') ?? []), ...containerAddresses()]
  return { LOCAL_AWS_ALLOWED_HOSTS: names.filter(Boolean).join(',') }
}
