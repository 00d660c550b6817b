// For tests: a copy of the project in another folder, so that a command that writes .env.aws or .local/aws, as the page
// says, touches none of the files of whoever runs the tests. Installed packages are linked.
import { execFileSync, spawn } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Ended, outcome } from '@ticklake/stack/outcome.ts'
import { projectDir } from '@ticklake/stack/paths.ts'

const whatSetUpBrings = ['archives', 'java', 'kafka', 'node-bin', 'python', 'trino']

/** A folder for PATH with the AWS CLI alone, brought where it is missing. */
export function awsCli(): string {
  execFileSync(join(projectDir, 'infra/setup.sh'), { stdio: ['ignore', 'ignore', 'inherit'] })
  return join(projectDir, '.local/venv-infra/cli')
}

export class ProjectCopy implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'ticklake-copy-'))

  readonly #cli = awsCli()

  constructor() {
    const git = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
    const listed = execFileSync('git', git, { cwd: projectDir, encoding: 'utf8' })
    // One that is deleted and not committed yet is still listed.
    const files = listed.split('\0').filter((file) => file && !file.startsWith('docs/pictures/'))
    for (const file of files) {
      cpSync(join(projectDir, file), this.#at(file), {
        recursive: true,
        force: true,
        preserveTimestamps: true,
      })
    }
    for (const folder of ['.', ...readdirSync(projectDir)]) {
      if (isFolder(join(projectDir, folder, 'node_modules'))) this.#link(join(folder, 'node_modules'))
    }
    for (const name of whatSetUpBrings) this.#link(join('.local', name))
    // Set-up is done, and must not be done into folders that are only linked.
    writeFileSync(this.#at('stack/setup.sh'), '#!/bin/sh\n', { mode: 0o755 })
  }

  /** Changes a file of the copy. @throws Error where there is nothing to replace */
  replace(file: string, what: string, by: string): void {
    const text = readFileSync(this.#at(file), 'utf8')
    if (!text.includes(what)) throw new Error(`${file} of the copy has no ${what}`)
    writeFileSync(this.#at(file), text.replaceAll(what, by))
  }

  /** Runs a command of the page in its folder, as a shell does, with the AWS CLI that goes with the tests. */
  run(
    command: string,
    env: Readonly<Record<string, string>>,
    options: { readonly input?: string; readonly within?: readonly string[] } = {},
  ): Promise<Ended> {
    // Node's pipes are sockets, by which bash believes that it was started from afar and reads its start-up files.
    const shell = ['bash', '--norc', '-euo', 'pipefail', '-c', command]
    const [program, ...args] = [...(options.within ?? []), ...shell]
    const child = spawn(program!, args, {
      cwd: this.dir,
      env: { ...env, PATH: `${this.#cli}:${join(this.dir, '.local/node-bin')}:${env.PATH}` },
    })
    return outcome(child, options.input)
  }

  #at(file: string): string {
    const path = join(this.dir, file)
    mkdirSync(dirname(path), { recursive: true })
    return path
  }

  #link(name: string): void {
    symlinkSync(join(projectDir, name), this.#at(name))
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true })
  }
}

function isFolder(path: string): boolean {
  try {
    readdirSync(path)
    return true
  } catch {
    return false
  }
}
