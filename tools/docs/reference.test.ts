import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { composeVariables, envExample, referencePage } from './reference.ts'

const fileText = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')

test('.env.example is what `node tools/docs/reference.ts` writes', () => {
  expect(fileText('.env.example')).toBe(envExample())
})

test('docs/reference.md has every variable and every command’s own page of help', {
  timeout: 240_000,
}, async () => {
  expect(fileText('docs/reference.md')).toBe(await referencePage())
})

const composeFiles = ['docker-compose.yml', 'compose.aws.yml']
/** Of the image or of the other place, so not for whoever starts containers to choose. */
const notChosen = {
  both: [
    ...['PRODUCER', 'CONSUMER', 'CATALOG'].flatMap((service) => [
      `${service}_HEALTH_HOST`,
      `${service}_HEALTH_PORT`,
    ]),
    ...['CATALOG_PAGE_HOST', 'CATALOG_PAGE_PORT'],
    // A file in a container that goes away with it: the log names each bad row instead.
    'PRODUCER_REJECTS',
    // One broker, whether here or on EC2.
    'KAFKA_TOPIC_REPLICATION',
  ],
  'docker-compose.yml': [
    ...['KAFKA_SECURITY_PROTOCOL', 'KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD_FILE'],
    ...['KAFKA_SSL_CA_FILE', 'LAKE_WORKGROUP', 'LAKE_RESULTS', 'CATALOG_CRAWLER_ROLE'],
  ],
  // The broker on EC2 makes its topics.
  'compose.aws.yml': ['KAFKA_TOPIC_RETENTION_MS', 'LAKE_S3_PATH_STYLE'],
}

test.each(composeFiles)(
  '%s passes on every variable that .env.example lists, but those with a reason',
  (file) => {
    const text = fileText(`${file}`)
    const except = new Set([...notChosen.both, ...notChosen[file as 'compose.aws.yml']])
    const listed = [...envExample().matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name!)
    const missing = listed
      .filter((name) => !name.startsWith('AWS_') && !except.has(name))
      .filter((name) => !text.includes(`${name}: `))
    expect(missing).toEqual([])
  },
)

test('docs/reference.md has every variable that only the compose files read', () => {
  const texts = [...composeFiles, 'compose.localstack.yml', 'compose.aws.sh'].map((file) =>
    fileText(`${file}`),
  )
  const read = texts.flatMap((text) => text.match(/\b(TICKLAKE|LOCALSTACK)_[A-Z_]+\b/g) ?? [])
  expect(new Set(Object.keys(composeVariables))).toEqual(new Set(read))
})
