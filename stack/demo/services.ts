// The services of a demo as processes beside the stack, each started by its own command line.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from '../paths.ts'
import { loopback } from '../ports.ts'
import type { ProcessSpec } from '../supervisor.ts'
import type { DemoConfig } from './config.ts'

/** Where each service serves /readyz and /metrics. */
export const healthPorts = { producer: 9101, consumer: 9102, catalog: 9103 } as const

/** The dashboard's port: the user's own, or 8080. */
export function pagePort(settings: Readonly<Record<string, string>>): number {
  return Number(settings.CATALOG_PAGE_PORT || 8080)
}

function metricsOf(port: number): string {
  return `http://${loopback}:${port}/metrics`
}

/** Settings of a demo that differ from the services' defaults; the user's own settings win. */
export function demoSettings(settings: Readonly<Record<string, string>>): Record<string, string> {
  return {
    KAFKA_TOPIC_PARTITIONS: '2',
    // Fresh for whoever watches; after hours there must not be more objects than a count can open in time.
    CONSUMER_FLUSH_AFTER_MS: '2000',
    CONSUMER_FLUSH_SLOWS_TO_MS: '10000',
    ...settings,
    PRODUCER_HEALTH_PORT: String(healthPorts.producer),
    CONSUMER_HEALTH_PORT: String(healthPorts.consumer),
    CATALOG_HEALTH_PORT: String(healthPorts.catalog),
    CATALOG_PAGE_PORT: String(pagePort(settings)),
    CATALOG_PAGE_PRODUCER_METRICS: metricsOf(healthPorts.producer),
    CATALOG_PAGE_CONSUMER_METRICS: metricsOf(healthPorts.consumer),
    LOG_FORMAT: 'json',
  }
}

/** A command that does its work and ends. */
export function command(name: string, args: readonly string[], env: Record<string, string>): ProcessSpec {
  const [script, ...rest] = args
  return {
    name,
    command: process.execPath,
    args: [join(projectDir, script!), ...rest],
    cwd: projectDir,
    env,
    mayEnd: 'well',
  }
}

/** The producer's flags for where the rows come from. */
export function sourceFlags({ csv, source }: Pick<DemoConfig, 'csv' | 'source'>): string[] {
  if (csv !== undefined) return ['--csv', csv]
  return source === undefined ? [] : ['--source', source]
}

export function producer(config: DemoConfig, env: Record<string, string>): ProcessSpec {
  const args = [
    'producer/main.ts',
    'run',
    ...sourceFlags(config),
    '--mode',
    config.mode,
    '--rate',
    config.rate,
  ]
  return command('producer', args, env)
}

/** With the allocator and the V8 flag that save it a fifth of its CPU time. */
export function consumer(env: Record<string, string>): ProcessSpec {
  const preload = jemalloc()
  const spec = command('consumer', ['consumer/main.ts', 'run'], {
    ...env,
    ...(preload === undefined ? {} : { LD_PRELOAD: preload }),
  })
  const { mayEnd: _, ...endless } = spec
  return {
    ...endless,
    args: ['--single-threaded-gc', ...spec.args],
    ready: () => isReady(healthPorts.consumer),
    stopWithinMs: 60_000,
  }
}

export function catalog(env: Record<string, string>): ProcessSpec {
  const { mayEnd: _, ...endless } = command('catalog', ['catalog/main.ts', 'serve', '--allow-crawl'], env)
  return endless
}

async function isReady(port: number): Promise<boolean> {
  return (await fetch(`http://${loopback}:${port}/readyz`)).ok
}

/** The path of Debian's libjemalloc2, if it is installed. */
function jemalloc(): string | undefined {
  const folders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu']
  return folders.map((folder) => join(folder, 'libjemalloc.so.2')).find((path) => existsSync(path))
}
