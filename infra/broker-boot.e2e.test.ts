import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Share } from '../tools/docs/aws-page.ts'
import { type Client, type Ended, type Instance, InstanceFixture } from './instance-like/instance.ts'
import { likeAws, resolveTemplate, userData } from './resolved-template.ts'
import { makeTemplate } from './template.ts'

const users = ['admin', 'producer', 'consumer', 'catalog'] as const
const passwords: Record<string, string> = Object.fromEntries(
  users.map((user) => [user, `${user}Pw0123456789`]),
)
const topic = 'stock-ticks'
const certificate = /^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----$/

describe('the boot script in a container made like the instance: systemd, 1 GB, a disk, MiniStack as AWS', () => {
  let around: InstanceFixture
  let broker: Instance
  let client: Client
  let kafkaSha512: string
  let bootstrap: string
  let first: Ended
  let authority: string

  /** The instance's user data from the template, pointed at the fixture. */
  const userDataHere = async (sha512: string): Promise<string> => {
    const allocation = await broker.aws(
      'ec2',
      'allocate-address',
      '--query',
      'AllocationId',
      '--output',
      'text',
    )
    const resolved = resolveTemplate(makeTemplate(), {
      ...likeAws,
      parameters: {
        ...likeAws.parameters,
        KafkaArchiveUrl: 'http://aws:4566/dist/kafka.tgz',
        KafkaArchiveSha512: sha512,
      },
      ids: {
        ...likeAws.ids,
        'Address.PublicIp': around.elasticIp,
        'Address.AllocationId': allocation,
        AdminPassword: 'admin',
        ProducerPassword: 'producer',
        ConsumerPassword: 'consumer',
        CatalogPassword: 'catalog',
      },
    })
    bootstrap = resolved.outputs.BootstrapServers!
    return userData(resolved).replace(/^DATA_VOLUME=.*\n/m, around.settings)
  }

  const publishedAuthority = () =>
    broker.aws(
      'ssm',
      'get-parameter',
      '--name',
      likeAws.ids.Authority!,
      '--query',
      'Parameter.Value',
      '--output',
      'text',
    )

  const clientFile = (user: string, password: string, ca: string) =>
    [
      'security.protocol=SASL_SSL',
      'sasl.mechanism=SCRAM-SHA-512',
      `sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="${user}" password="${password}";`,
      'ssl.truststore.type=PEM',
      `ssl.truststore.location=/etc/client/${ca}`,
      'default.api.timeout.ms=60000',
      'request.timeout.ms=30000',
      'max.block.ms=60000',
      'delivery.timeout.ms=60000',
      '',
    ].join('\n')

  const as = (user: string) => [
    '--bootstrap-server',
    bootstrap,
    '--command-config',
    `/etc/client/${user}.properties`,
  ]
  const send = (user: string, to: string, lines: string[]) =>
    client.tool('kafka-console-producer', [...as(user), '--topic', to], `${lines.join('\n')}\n`)
  /** Reads from the beginning until `count` messages are there. */
  const receive = (user: string, group: string, count: number) =>
    client.tool('kafka-console-consumer', [
      ...as(user),
      ...['--topic', topic, '--group', group, '--from-beginning'],
      ...['--max-messages', String(count), '--timeout-ms', '60000'],
    ])

  beforeAll(async () => {
    around = await InstanceFixture.make()
    broker = await around.startInstance({ reachable: true })
    kafkaSha512 = await around.publishKafka(broker)
    for (const user of users) {
      await broker.aws('secretsmanager', 'create-secret', '--name', user, '--secret-string', passwords[user]!)
    }
    first = await broker.boot(await userDataHere(kafkaSha512))
    if (first.status !== 0) throw new Error(`the boot script failed:\n${first.output}`)
    authority = await publishedAuthority()
    client = await around.startClient(bootstrap.split(':')[0]!)
    await client.put('ca.pem', `${authority}\n`)
    for (const user of users)
      await client.put(`${user}.properties`, clientFile(user, passwords[user]!, 'ca.pem'))
  })

  afterAll(async () => {
    await around?.[Symbol.asyncDispose]()
  })

  test('it says on what it ran', () => {
    // dnf and Amazon's package names are tested only if Amazon's own image can be pulled.
    console.info(`the instance was made like ${around.base}`)
    expect(['amazonlinux:2023', 'debian:bookworm-slim']).toContain(around.base)
  })

  test('the success is signalled to the stack once, for the resource that waits for it', async () => {
    const signals = await broker.shell('cat /var/log/signals')
    expect(signals).toBe('--exit-code 0 --stack ticklake --resource BrokerGroup --region us-east-1')
  })

  test('the check that runs each minute is installed, and finds that Kafka answers', async () => {
    const check = 'systemctl is-enabled broker-health.timer; bash /opt/ticklake/broker-health.sh; echo $?'
    expect(await broker.shell(`${check}; ls /run/kafka-missed 2>/dev/null || true`)).toBe('enabled\n0')
  })

  test('the heap follows the gigabyte, and nothing was killed for want of memory', async () => {
    const unit = await broker.shell('cat /etc/systemd/system/kafka.service')
    expect(unit).toContain('-Xms409m -Xmx409m')
    expect(await broker.killedForMemory()).toBe(false)
  })

  test('a producer and a consumer on another network are served by SASL_SSL, under the advertised public name', async () => {
    const lines = Array.from({ length: 500 }, (_, i) => `tick ${i}`)
    expect(await send('producer', topic, lines)).toMatchObject({ status: 0 })
    const read = await receive('consumer', 'ticklake-ticks', 500)
    expect(read.output).toContain('Processed a total of 500 messages')
    expect(new Set(read.output.split('\n').filter((line) => line.startsWith('tick '))).size).toBe(500)
  })

  test('both topics are there, stamped by the broker', async () => {
    const described = await client.tool('kafka-topics', [...as('catalog'), '--describe'])
    expect(described.output).toMatch(
      /Topic: stock-ticks\s.*PartitionCount: 3.*message\.timestamp\.type=LogAppendTime/,
    )
    expect(described.output).toMatch(/Topic: stock-ticks-dead-letters\s.*PartitionCount: 1/)
  })

  test.each([
    ['consumer', 'write ticks', () => send('consumer', topic, ['x'])],
    ['catalog', 'write ticks', () => send('catalog', topic, ['x'])],
    ['producer', 'read ticks', () => receive('producer', 'ticklake-x', 1)],
    ['consumer', 'read in a group of another name', () => receive('consumer', 'another', 1)],
    [
      'producer',
      'delete the topic',
      () => client.tool('kafka-topics', [...as('producer'), '--delete', '--topic', topic]),
    ],
    [
      'producer',
      'make another topic',
      () => client.tool('kafka-topics', [...as('producer'), '--create', '--topic', 'another']),
    ],
    ['catalog', 'see who may do what', () => client.tool('kafka-acls', [...as('catalog'), '--list'])],
  ] as const)('%s may not %s', async (_user, _what, attempt) => {
    expect((await attempt()).output).toMatch(
      /AuthorizationException|Not authorized|not authorized|Authorization failed/,
    )
  })

  test('consumer may announce dead letters, and admin may do what no service may', async () => {
    expect(await send('consumer', `${topic}-dead-letters`, ['x'])).toMatchObject({ status: 0 })
    const made = await client.tool('kafka-topics', [
      ...as('admin'),
      '--create',
      '--topic',
      'another',
      '--partitions',
      '1',
    ])
    expect(made).toMatchObject({ status: 0 })
    expect(
      await client.tool('kafka-topics', [...as('admin'), '--delete', '--topic', 'another']),
    ).toMatchObject({ status: 0 })
  })

  test('a wrong password, and a client that trusts another authority, are turned away', async () => {
    await client.put('wrong.properties', clientFile('producer', 'wrong', 'ca.pem'))
    expect((await client.tool('kafka-topics', [...as('wrong'), '--list'])).output).toContain(
      'SaslAuthenticationException',
    )
    await broker.shell(
      'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout /tmp/k -out /tmp/other.pem -days 2 -subj /CN=other',
    )
    await client.put('other.pem', `${await broker.shell('cat /tmp/other.pem')}\n`)
    await client.put('other.properties', clientFile('producer', passwords.producer!, 'other.pem'))
    expect((await client.tool('kafka-topics', [...as('other'), '--list'])).output).toContain(
      'SslAuthenticationException',
    )
  })

  test('the certificate stands for the public name and for the bare address', async () => {
    const names = await broker.shell('openssl x509 -in /etc/kafka/broker.pem -noout -ext subjectAltName')
    expect(names).toContain(`DNS:${bootstrap.split(':')[0]}, IP Address:${around.elasticIp}`)
  })

  test('only the clients’ port listens beyond loopback', async () => {
    const listening = await broker.shell(
      'awk \'$4 == "0A" { print $2 }\' /proc/net/tcp /proc/net/tcp6 | sort -u',
    )
    const beyond = listening
      .split('\n')
      .filter((address) => !/^(0100007F|0{16}FFFF00000100007F|0{31}1|0B00007F):/.test(address))
    expect(beyond.map((address) => Number.parseInt(address.split(':')[1]!, 16))).toEqual([9093])
  })

  test('no password is in the boot’s output, in a file of the settings or on a command line, and the authority’s key stays', async () => {
    const left = await broker.shell(
      'cat /etc/ticklake/broker.env /proc/[0-9]*/cmdline; ls -A /run/ticklake 2>/dev/null || true',
    )
    for (const password of Object.values(passwords)) {
      expect(first.output).not.toContain(password)
      expect(left).not.toContain(password)
    }
    expect(first.output).not.toMatch(/salt|storedKey/)
    expect(authority).toMatch(certificate)
    expect(
      await broker.shell(
        "stat -c '%U %a' /var/lib/kafka/authority /etc/kafka/server.properties /etc/kafka/broker.pem",
      ),
    ).toBe('root 700\nroot 640\nroot 640')
  })

  test('what docs/aws.md has typed when the broker cannot be reached tells what it says', async () => {
    const page = new Share('infra/broker-boot.e2e.test.ts')
    const nc = page.take(/; nc /)
    const seen = await around.beside(client, `echo KAFKA_BOOTSTRAP_SERVERS=${bootstrap} >.env.aws; ${nc}`)
    expect(seen, seen.output).toMatchObject({ status: 0 })
    expect(await broker.shell(page.take(/journalctl/))).toMatch(/INFO KafkaRaftServer: .*[Ss]tarted/)
    const log = await broker.shell(page.take(/cloud-init-output\.log$/))
    expect(log.split('\n').filter((line) => !line.startsWith('broker-boot: '))).toEqual([])
    expect(log).toMatch(/broker-boot: done$/)
    expect(await broker.shell(`${page.take(/broker-boot\.sh$/)} 2>&1`)).toContain(
      `broker-boot: a client is served at ${bootstrap}`,
    )
    expect(page.left).toEqual([])
  })

  test('after a reboot it serves again by itself, with what it held', async () => {
    await broker.reboot()
    const read = await receive('consumer', 'ticklake-after-reboot', 500)
    expect(read.output).toContain('Processed a total of 500 messages')
  })

  test('an instance that replaces a lost one takes over log and authority, and learns a password that changed', async () => {
    passwords.consumer = 'anotherPw9876543210'
    await broker.aws(
      'secretsmanager',
      'put-secret-value',
      '--secret-id',
      'consumer',
      '--secret-string',
      passwords.consumer,
    )
    broker = await around.startInstance({ reachable: true })
    const second = await broker.boot(await userDataHere(kafkaSha512))
    expect(second.output).toContain('the volume holds a file system: keeping it')
    expect(second.status).toBe(0)
    expect(await publishedAuthority()).toBe(authority)
    const old = await client.tool('kafka-topics', [...as('consumer'), '--list'])
    expect(old.output).toContain('SaslAuthenticationException')
    await client.put('consumer.properties', clientFile('consumer', passwords.consumer, 'ca.pem'))
    const read = await receive('consumer', 'ticklake-after-replacement', 500)
    expect(read.output).toContain('Processed a total of 500 messages')
  })

  test('an archive with another checksum is not unpacked, and the failure is signalled to the stack', async () => {
    const other = await around.startInstance({ reachable: false, name: 'refused' })
    const data = (await userDataHere('b'.repeat(128))).replace(/^DATA_DEVICE=.*\n/m, '')
    const ended = await other.boot(data)
    expect(ended.status).not.toBe(0)
    expect(ended.output).toContain('FAILED')
    expect(await other.shell('cat /var/log/signals; ls /opt/kafka 2>&1 || true')).toMatch(
      /--exit-code 1 --stack ticklake[\s\S]*No such file/,
    )
  })
})
