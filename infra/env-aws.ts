// The settings of the services on AWS: the stack's outputs as the lines of .env.aws.

export const users = ['admin', 'producer', 'consumer', 'catalog'] as const
export type User = (typeof users)[number]

export type Outputs = Readonly<Record<string, string>>

export interface Deployment {
  readonly stack: string
  readonly region: string
  /** The folder of the passwords and of the broker's certificate, absolute. */
  readonly folder: string
  /** The credentials profile that created the stack, if one was named. */
  readonly profile: string | undefined
}

export const passwordFile = (folder: string, user: User) => `${folder}/${user}.password`
export const authorityFile = (folder: string) => `${folder}/ca.pem`

/**
 * The whole of .env.aws: names of packages/kafka/config.ts, packages/aws/config.ts and the services; it contains no
 * password.
 */
export function envAws(outputs: Outputs, deployment: Deployment): string {
  const variables: [string, string | undefined][] = [
    ['AWS_REGION', deployment.region],
    ['AWS_PROFILE', deployment.profile],
    ['KAFKA_BOOTSTRAP_SERVERS', outputs.BootstrapServers],
    ['KAFKA_TOPIC', outputs.Topic],
    ['KAFKA_SECURITY_PROTOCOL', 'SASL_SSL'],
    ['KAFKA_SASL_MECHANISM', 'SCRAM-SHA-512'],
    ['KAFKA_SASL_USERNAME', 'catalog'],
    ['KAFKA_SASL_PASSWORD_FILE', passwordFile(deployment.folder, 'catalog')],
    ['KAFKA_SSL_CA_FILE', authorityFile(deployment.folder)],
    ['LAKE_BUCKET', outputs.BucketName],
    ['LAKE_PREFIX', outputs.Prefix],
    ['LAKE_DATABASE', outputs.DatabaseName],
    // The default depends on LAKE_FORMAT, so it is written only if it differs.
    ['LAKE_DATASET', outputs.DatasetName === 'ticks' ? undefined : outputs.DatasetName],
    ['LAKE_WORKGROUP', outputs.WorkgroupName],
    ['CATALOG_CRAWLER', outputs.CrawlerName],
    ['CATALOG_CRAWLER_ROLE', outputs.CrawlerRoleArn],
    ['CONSUMER_FLUSH_AFTER_MS', '60000'],
    // Each container gets its own user's password from here.
    ['TICKLAKE_SECRETS_DIR', deployment.folder],
  ]
  return [
    `${firstLine(deployment)} written by \`make aws-deploy\`: change the stack, not this file.`,
    '# Commands on this machine connect to Kafka as the user catalog, who can read but not write.',
    ...variables
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${quoted(value!)}`),
    '',
  ].join('\n')
}

/** Quoted so that a shell, compose and dotenv read it as one value; a path may contain a space. */
function quoted(value: string): string {
  return /^[\w./:@,+-]+$/.test(value) ? value : `'${value}'`
}

/** Whether the text is the .env.aws of that stack. */
export function isOf(text: string, deployment: Pick<Deployment, 'stack' | 'region'>): boolean {
  return text.startsWith(firstLine(deployment))
}

const firstLine = ({ stack, region }: Pick<Deployment, 'stack' | 'region'>) =>
  `# The stack ${stack} in ${region},`

/** Profiles for ~/.aws/config with which a service assumes its own role, and has no other rights. */
export function profiles(outputs: Outputs, deployment: Deployment): string {
  return (['producer', 'consumer', 'catalog'] as const)
    .map((service) => {
      const role = outputs[`${service[0]!.toUpperCase()}${service.slice(1)}RoleArn`]
      return [
        `[profile ${deployment.stack}-${service}]`,
        `role_arn = ${role}`,
        `source_profile = ${deployment.profile ?? 'default'}`,
        `region = ${deployment.region}`,
        '',
      ].join('\n')
    })
    .join('\n')
}
