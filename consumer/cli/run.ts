// `consumer run`: the sink, and its health port.
import { startHealthServer } from '@ticklake/runtime/health.ts'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import type { CommandHost } from '@ticklake/runtime/process.ts'
import { StopReason } from '@ticklake/runtime/stop-reason.ts'
import { consumerConfig, type RunFlags } from '../config.ts'
import { consumerEvents } from '../events.ts'
import { Sink } from '../sink.ts'

/** Lands the topic until the signal aborts. @throws Failure for settings, and when only a person can decide what to do */
export async function run({ env, stderr }: CommandHost, flags: RunFlags, signal: AbortSignal): Promise<void> {
  const config = consumerConfig(env, flags)
  const registry = makeRegistry('consumer')
  const log = makeLogger('consumer', env, stderr)
  const events = consumerEvents(log, registry)
  const sink = new Sink(config, events)
  const stop = new StopReason({ registry, log, lingerMs: config.stopLingerMs, signal })
  await using health = await startHealthServer({
    host: config.healthHost,
    port: config.healthPort,
    portVariable: 'CONSUMER_HEALTH_PORT',
    allowedHosts: config.healthAllowedHosts,
    allowedHostsVariable: 'CONSUMER_HEALTH_ALLOWED_HOSTS',
    registry,
    whyNotReady: () => stop.why ?? sink.whyNotReady(),
    whyNotLive: () => (stop.why === undefined ? sink.whyNotLive() : undefined),
  })
  events.healthListening(config.healthHost, health.port)
  await stop.during(() => sink.run(signal))
}
