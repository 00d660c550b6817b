import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { namesOf, serverEnv, serviceEnv, shellExports, shellSettings, stackEnv } from './environment.ts'
import { defaultPorts } from './ports.ts'

const stack = stackEnv(defaultPorts, 'ticklake')
const hostile = {
  PATH: '/bin',
  AWS_PROFILE: 'production',
  AWS_CONFIG_FILE: '/home/me/.aws/config',
  AWS_ENDPOINT_URL_S3: 'http://192.0.2.1',
  AWS_ENDPOINT_URL_GLUE: 'http://192.0.2.1',
  AWS_SESSION_TOKEN: 'secret',
  AWS_REGION: 'eu-west-1',
  KAFKA_BOOTSTRAP_SERVERS: 'production:9092',
  KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
  HTTPS_PROXY: 'http://192.0.2.1:3128',
  http_proxy: 'http://192.0.2.1:3128',
  NODE_OPTIONS: '--inspect',
  LAKE_TABLE: 'kafka-stock-market-engine-ym',
  PRODUCER_INDEX: 'HSI',
}

test('a service sees the stack, the settings of ticklake, and nothing that points elsewhere', () => {
  expect(serviceEnv(stack, shellSettings(hostile, '/none'))).toEqual({
    ...stack,
    PATH: '/bin',
    LAKE_TABLE: 'kafka-stock-market-engine-ym',
    PRODUCER_INDEX: 'HSI',
    TICKLAKE_ENV_FILE: '/dev/null',
  })
})

test('.env gives settings, the shell wins over it, and neither can point elsewhere', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'ticklake-env-')), '.env')
  writeFileSync(file, 'AWS_PROFILE=production\nLAKE_TABLE=of_the_file\nLAKE_DATABASE=of_the_file\n')
  expect(shellSettings({ LAKE_TABLE: 'of_the_shell' }, file)).toEqual({
    LAKE_TABLE: 'of_the_shell',
    LAKE_DATABASE: 'of_the_file',
  })
})

test('Kafka, MiniStack and Trino get no variable of the shell that they might take for a setting', () => {
  const env = serverEnv({ ...hostile, JAVA_TOOL_OPTIONS: '-Xmx1m', S3_PERSIST: '0', HOME: '/home/me' })
  expect(env).toEqual({ TZ: 'UTC', LC_ALL: 'C.UTF-8', PATH: '/bin', HOME: '/home/me' })
})

test('the exports for other tools remove what would point elsewhere, and leave the time zone alone', () => {
  const lines = shellExports(stack, hostile).split('\n')
  expect(lines).toContain("export AWS_ENDPOINT_URL='http://127.0.0.1:4566'")
  expect(lines).toContain('unset AWS_ENDPOINT_URL_GLUE AWS_ENDPOINT_URL_S3 AWS_PROFILE AWS_SESSION_TOKEN')
  expect(lines.join()).not.toContain('TZ=')
  // The machine's own Node.js may be one that cannot run TypeScript.
  expect(lines.join('\n')).toMatch(/^export PATH='.*\/node-bin':"\$PATH"$/m)
})

test('a query in another shell knows which topic and table the demo uses', () => {
  expect(namesOf({ LAKE_TABLE: 't', KAFKA_TOPIC: 'k', PRODUCER_RATE: '1', PATH: '/bin' })).toEqual({
    LAKE_TABLE: 't',
    KAFKA_TOPIC: 'k',
  })
})
