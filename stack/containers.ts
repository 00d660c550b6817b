// The containers of `make up`, as programs on this machine reach them: by the ports that the compose file publishes.
import { type StackEnv, stackEnv } from './environment.ts'
import { defaultPorts, loopback } from './ports.ts'

/** The health path of local-aws, and of LocalStack if that is used instead. */
const healthPaths = ['/_ticklake/health', '/_localstack/health']
const ANSWER_WITHIN_MS = 2_000

/**
 * The variables for clients of the containers; undefined when none answers.
 * @param settings TICKLAKE_AWS_PORT, TICKLAKE_KAFKA_PORT and LAKE_BUCKET, as the compose file reads them
 */
export async function runningContainers(
  settings: Readonly<Record<string, string | undefined>>,
): Promise<StackEnv | undefined> {
  const ports = {
    ...defaultPorts,
    aws: Number(settings.TICKLAKE_AWS_PORT || defaultPorts.aws),
    kafka: Number(settings.TICKLAKE_KAFKA_PORT || defaultPorts.kafka),
  }
  const answers = await Promise.all(
    healthPaths.map((path) => isWell(`http://${loopback}:${ports.aws}${path}`)),
  )
  return answers.includes(true) ? stackEnv(ports, settings.LAKE_BUCKET || 'ticklake') : undefined
}

async function isWell(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
    await answer.body?.cancel()
    return answer.ok
  } catch {
    return false
  }
}
