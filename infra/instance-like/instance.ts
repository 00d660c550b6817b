// For broker-boot.e2e.test.ts: a fixture instead of the broker's EC2 instance, made of containers. One network is the
// VPC with MiniStack as AWS in it, another is where the clients live; a host address between them plays the Elastic IP.
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const KAFKA_IMAGE = 'apache/kafka:4.3.1'
const MINISTACK_IMAGE = 'ministackorg/ministack:1.5.33'
const MEMORY = '1g'

export interface Ended {
  readonly status: number
  /** Standard output and standard error, as they came. */
  readonly output: string
}

/** Runs a command to its end, whatever its exit status. */
export function run(command: string, args: readonly string[], input = ''): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    child.once('error', reject)
    child.once('close', (status) => resolve({ status: status ?? -1, output }))
    // A process may end before it has read all input; its exit status says whether that is an error.
    child.stdin.on('error', () => {}).end(input)
  })
}

/** @throws Error with its output, when it fails */
async function docker(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('docker', args, { maxBuffer: 64 * 1024 * 1024 })
  return stdout.trim()
}

export class InstanceFixture implements AsyncDisposable {
  readonly base: string
  readonly elasticIp: string
  readonly #folder: string
  readonly #name: string
  /** The loop device that plays the EBS volume; undefined if none can be created, then it is a Docker volume. */
  readonly #disk: string | undefined

  private constructor(facts: {
    base: string
    elasticIp: string
    folder: string
    name: string
    disk: string | undefined
  }) {
    this.base = facts.base
    this.elasticIp = facts.elasticIp
    this.#folder = facts.folder
    this.#name = facts.name
    this.#disk = facts.disk
  }

  static async make(): Promise<InstanceFixture> {
    const name = `ticklake-boot-${process.pid}`
    const folder = await mkdtemp(join(tmpdir(), 'ticklake-boot-'))
    const amazon = await run('timeout', ['60', 'docker', 'pull', '-q', 'amazonlinux:2023'])
    const base = amazon.status === 0 ? 'amazonlinux:2023' : 'debian:bookworm-slim'
    await docker('build', '-q', '--build-arg', `BASE=${base}`, '-t', `${name}-instance`, import.meta.dirname)
    await docker('network', 'create', `${name}-vpc`)
    await docker('network', 'create', `${name}-home`)
    const elasticIp = await docker(
      'network',
      'inspect',
      `${name}-home`,
      '--format',
      '{{(index .IPAM.Config 0).Gateway}}',
    )
    const fixture = new InstanceFixture({ base, elasticIp, folder, name, disk: await makeDisk(folder) })
    await docker(
      'run',
      '-d',
      '--name',
      `${name}-aws`,
      '--network',
      `${name}-vpc`,
      '--network-alias',
      'aws',
      MINISTACK_IMAGE,
    )
    return fixture
  }

  /** Starts a bare instance, or replaces the last one. */
  async startInstance(options: { readonly reachable: boolean; readonly name?: string }): Promise<Instance> {
    const name = `${this.#name}-${options.name ?? 'broker'}`
    await run('docker', ['rm', '-f', name])
    const disk = this.#disk ? ['--device', this.#disk] : ['-v', `${this.#name}-data:/var/lib/kafka`]
    await docker(
      ...['run', '-d', '--name', name, '--network', `${this.#name}-vpc`],
      ...['--memory', MEMORY, '--memory-swap', MEMORY],
      // What systemd needs to run as process 1, and mount to work.
      ...[
        '--cap-add',
        'SYS_ADMIN',
        '--security-opt',
        'seccomp=unconfined',
        '--security-opt',
        'apparmor=unconfined',
      ],
      ...['--cgroupns', 'private', '--tmpfs', '/run', '--tmpfs', '/run/lock', '--tmpfs', '/tmp:exec'],
      ...(options.reachable ? [...disk, '-p', `${this.elasticIp}:9093:9093`] : []),
      `${this.#name}-instance`,
    )
    const instance = new Instance(name)
    await instance.shell(
      `mkdir -p /opt/aws/bin && printf '#!/bin/sh\\necho "$@" >>/var/log/signals\\n' >/opt/aws/bin/cfn-signal && chmod +x /opt/aws/bin/cfn-signal`,
    )
    return instance
  }

  /** The settings that make the user data use this AWS and this disk instead of the real ones. */
  get settings(): string {
    return [
      'AWS_ENDPOINT_URL=http://aws:4566',
      'AWS_ACCESS_KEY_ID=test',
      'AWS_SECRET_ACCESS_KEY=test',
      'IMDS_URL=http://aws:4566',
      ...(this.#disk ? [`DATA_DEVICE=${this.#disk}`] : []),
      '',
    ].join('\n')
  }

  /** Packs the official image's Kafka like Apache's archive, and serves it from the stand-in for AWS. Its SHA-512. */
  async publishKafka(through: Instance): Promise<string> {
    const container = await docker('create', KAFKA_IMAGE)
    try {
      await docker('cp', `${container}:/opt/kafka`, join(this.#folder, 'kafka_2.13-4.3.1'))
    } finally {
      await docker('rm', container)
    }
    const archive = join(this.#folder, 'kafka.tgz')
    await promisify(execFile)('tar', ['-czf', archive, '-C', this.#folder, 'kafka_2.13-4.3.1'])
    await docker('cp', archive, `${through.name}:/root/kafka.tgz`)
    await through.aws('s3', 'mb', 's3://dist')
    await through.aws('s3', 'cp', '--quiet', '/root/kafka.tgz', 's3://dist/kafka.tgz')
    const sum = await through.shell('sha512sum /root/kafka.tgz && rm /root/kafka.tgz')
    return sum.split(' ')[0]!
  }

  /** A machine with Kafka's console tools, on which the broker's name resolves to the Elastic IP. */
  async startClient(brokerHost: string): Promise<Client> {
    const name = `${this.#name}-client`
    await docker(
      ...['run', '-d', '--name', name, '--network', `${this.#name}-home`, '--user', 'root'],
      ...['--add-host', `${brokerHost}:${this.elasticIp}`, '--entrypoint', 'sleep', KAFKA_IMAGE, 'infinity'],
    )
    return new Client(name, this.#folder)
  }

  /** Runs a command on the client's machine, with the programs that the instance has installed. */
  beside(client: Client, command: string): Promise<Ended> {
    const where = ['--network', `container:${client.name}`, `${this.#name}-instance`]
    return run('docker', ['run', '--rm', ...where, 'bash', '-c', command])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const containers = await docker('ps', '-aq', '--filter', `name=${this.#name}-`)
    if (containers) await docker('rm', '-f', '-v', ...containers.split('\n'))
    for (const network of ['vpc', 'home']) await run('docker', ['network', 'rm', `${this.#name}-${network}`])
    await run('docker', ['volume', 'rm', '-f', `${this.#name}-data`])
    await run('docker', ['rmi', `${this.#name}-instance`])
    if (this.#disk) await run('losetup', ['-d', this.#disk])
    await rm(this.#folder, { recursive: true, force: true })
  }
}

export class Instance {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }

  /** @throws Error with its output, when it fails */
  shell(command: string): Promise<string> {
    return docker('exec', this.name, 'bash', '-c', command)
  }

  aws(...args: string[]): Promise<string> {
    const env = {
      AWS_ENDPOINT_URL: 'http://aws:4566',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_DEFAULT_REGION: 'us-east-1',
    }
    const flags = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`])
    return docker('exec', ...flags, this.name, 'aws', ...args)
  }

  /** Runs the user data like cloud-init: as root, once, with its output in cloud-init's log. */
  boot(userData: string): Promise<Ended> {
    const logged = 'set -o pipefail; bash -s 2>&1 | tee -a /var/log/cloud-init-output.log'
    return run('docker', ['exec', '-i', this.name, 'bash', '-c', logged], userData)
  }

  /** Restarts it, and waits until Kafka has come up by itself. @throws Error with Kafka's last log lines */
  async reboot(): Promise<void> {
    await docker('restart', '--time', '60', this.name)
    const answers =
      'for _ in $(seq 90); do (: </dev/tcp/127.0.0.1/9093) 2>/dev/null && exit; sleep 2; done; exit 1'
    const came = await run('docker', ['exec', this.name, 'bash', '-c', answers])
    if (came.status !== 0) {
      const command =
        'systemctl --no-pager status kafka; systemctl --no-pager --failed; journalctl -u kafka -n 40 --no-pager'
      throw new Error(
        `Kafka did not come up:\n${(await run('docker', ['exec', this.name, 'bash', '-c', command])).output}`,
      )
    }
  }

  async killedForMemory(): Promise<boolean> {
    return (await docker('inspect', this.name, '--format', '{{.State.OOMKilled}}')) === 'true'
  }
}

export class Client {
  readonly name: string
  readonly #folder: string

  constructor(name: string, folder: string) {
    this.name = name
    this.#folder = folder
  }

  /** Puts a file below /etc/client of the client's machine. */
  async put(file: string, text: string): Promise<void> {
    const here = join(this.#folder, file)
    await writeFile(here, text)
    await docker('exec', this.name, 'mkdir', '-p', '/etc/client')
    await docker('cp', here, `${this.name}:/etc/client/${file}`)
  }

  /** Runs one of Kafka's console tools, for two minutes at most. */
  tool(tool: string, args: readonly string[], input = ''): Promise<Ended> {
    // For a tool that runs for seconds, the JIT compiler must not take half of the time.
    const quick = ['-e', 'KAFKA_JVM_PERFORMANCE_OPTS=-XX:+UseSerialGC -XX:TieredStopAtLevel=1']
    const command = ['timeout', '120', `/opt/kafka/bin/${tool}.sh`, ...args]
    return run('docker', ['exec', '-i', ...quick, this.name, ...command], input)
  }
}

/** A gigabyte that the kernel treats as a disk; undefined if only Docker volumes are available. */
async function makeDisk(folder: string): Promise<string | undefined> {
  const image = join(folder, 'disk.img')
  await writeFile(image, '')
  await truncate(image, 2 ** 30)
  const made = await run('losetup', ['-f', '--show', image]).catch(() => undefined)
  return made?.status === 0 ? made.output.trim() : undefined
}
