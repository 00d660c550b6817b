// For tests: a network of their own with nothing but loopback, where the default ports are free and where every
// attempt to reach anything else is counted by the kernel.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type Ended, outcome } from './outcome.ts'
import { projectDir } from './paths.ts'

const asRoot = process.getuid?.() === 0

/** Undefined if such a network can be created, else the reason why not. */
export function whyNoOwnNetwork(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are Linux’s'
  const trial = spawnSync('unshare', [...(asRoot ? [] : ['-r']), '-n', 'ip', 'link', 'set', 'lo', 'up'])
  return trial.status === 0
    ? undefined
    : 'this user may not make network namespaces (unshare -n), or ip is missing'
}

export class OwnNetwork implements Disposable {
  readonly #holder: ChildProcess

  private constructor(holder: ChildProcess) {
    this.#holder = holder
  }

  static async open(): Promise<OwnNetwork> {
    const script = 'ip link set lo up && echo up && exec sleep 3600'
    const holder = spawn('unshare', [...(asRoot ? [] : ['-r']), '-n', 'sh', '-c', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => holder.stdout!.once('data', resolve))
    return new OwnNetwork(holder)
  }

  /** Starts a command in that network. */
  spawn(command: readonly string[], env: Record<string, string>): ChildProcess {
    const into = ['-t', String(this.#holder.pid), ...(asRoot ? [] : ['-U', '--preserve-credentials']), '-n']
    return spawn('nsenter', [...into, ...command], {
      cwd: projectDir,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  /** Runs a command in that network to its end. */
  async run(command: readonly string[], env: Record<string, string>): Promise<Ended> {
    return outcome(this.spawn(command, env))
  }

  /** The addresses on which something listens. */
  listening(): { address: string; port: number }[] {
    return ['tcp', 'tcp6'].flatMap((table) => {
      const lines = this.#read(table).trim().split('\n').slice(1)
      const listening = '0A'
      return lines
        .map((line) => line.trim().split(/\s+/))
        .filter((fields) => fields[3] === listening)
        .map((fields) => {
          const [address, port] = fields[1]!.split(':')
          return { address: address!, port: Number.parseInt(port!, 16) }
        })
    })
  }

  /** How often something tried to reach an address other than loopback, including name servers. */
  attemptsToLeave(): number {
    const [names, values] = this.#read('snmp')
      .split('\n')
      .filter((line) => line.startsWith('Ip: '))
      .map((line) => line.split(' '))
    const ipv6 = /^Ip6OutNoRoutes\s+(\d+)$/m.exec(this.#read('snmp6'))
    return Number(values![names!.indexOf('OutNoRoutes')]) + Number(ipv6?.[1] ?? 0)
  }

  #read(table: string): string {
    return readFileSync(`/proc/${this.#holder.pid}/net/${table}`, 'utf8')
  }

  [Symbol.dispose](): void {
    this.#holder.kill('SIGKILL')
  }
}

/** 127.0.0.1 in the kernel's notation, also as an IPv6 address. */
export const loopbackAddresses = ['0100007F', '0000000000000000FFFF00000100007F']
