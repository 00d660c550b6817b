// MiniStack: S3 (and STS, IAM, CloudFormation) on loopback, with its objects on disk.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { secretHeader } from '@ticklake/runtime/engine-secret.ts'
import { installed } from './paths.ts'
import { loopback, type Ports } from './ports.ts'
import type { Secret } from './secret.ts'
import type { ProcessSpec } from './supervisor.ts'

/** Returns how to run MiniStack with its objects below `dir`. */
export function miniStack(
  dir: string,
  ports: Ports,
  secret: Secret,
  env: Record<string, string>,
): ProcessSpec {
  const objects = join(dir, 's3')
  const state = join(dir, 'ministack')
  for (const folder of [objects, state]) mkdirSync(folder, { recursive: true })
  return {
    name: 'ministack',
    command: join(installed.python, 'bin/python'),
    args: [join(import.meta.dirname, 'ministack/serve.py')],
    cwd: state,
    env: {
      ...env,
      BIND_HOST: loopback,
      GATEWAY_PORT: String(ports.miniStack),
      S3_PERSIST: '1',
      S3_DATA_DIR: objects,
      PERSIST_STATE: '1',
      STATE_DIR: state,
      LOG_LEVEL: 'WARNING',
      MINISTACK_SECRET_FILE: secret.file,
    },
    ready: async () => {
      const url = `http://${loopback}:${ports.miniStack}/_ticklake/livez`
      return (await fetch(url, { headers: { [secretHeader]: secret.text } })).ok
    },
  }
}
