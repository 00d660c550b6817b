// local-aws as a process of the stack: the one AWS endpoint, in front of Trino and MiniStack.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from './paths.ts'
import { loopback, type Ports } from './ports.ts'
import type { Secret } from './secret.ts'
import type { ProcessSpec } from './supervisor.ts'

/**
 * Returns how to run local-aws with its catalog below `dir`.
 * @param settings the user's LOCAL_AWS_* variables
 */
export function localAws(
  dir: string,
  ports: Ports,
  secret: Secret,
  env: Record<string, string>,
  settings: Readonly<Record<string, string>> = {},
): ProcessSpec {
  const data = join(dir, 'local-aws')
  mkdirSync(data, { recursive: true })
  return {
    name: 'local-aws',
    command: process.execPath,
    args: [join(projectDir, 'local-aws/main.ts')],
    cwd: projectDir,
    env: {
      ...env,
      LOCAL_AWS_HOST: loopback,
      LOCAL_AWS_PORT: String(ports.aws),
      LOCAL_AWS_S3_ENDPOINT: `http://${loopback}:${ports.miniStack}`,
      LOCAL_AWS_TRINO_URL: `http://${loopback}:${ports.trino}`,
      LOCAL_AWS_SECRET_FILE: secret.file,
      LOCAL_AWS_DATA_DIR: data,
      LOCAL_AWS_REGION: 'us-east-1',
      LOG_FORMAT: 'json',
      ...settings,
    },
    // Seeding from a large folder takes time.
    readyWithinMs: 300_000,
    ready: async () => (await fetch(`http://${loopback}:${ports.aws}/_ticklake/health`)).ok,
  }
}
