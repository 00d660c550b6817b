// A server's output in a file that cannot grow without bound.
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const maxBytes = 8 * 1024 * 1024

/** Appends to `path`; at 8 MiB the file becomes `path.1` (replacing the one before) and a new one begins. */
export class LogFile {
  readonly path: string
  #fd: number
  #bytes: number

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true })
    this.path = path
    this.#fd = openSync(path, 'a')
    this.#bytes = statSync(path).size
  }

  write(chunk: Buffer | string): void {
    if (this.#bytes >= maxBytes) {
      closeSync(this.#fd)
      renameSync(this.path, `${this.path}.1`)
      this.#fd = openSync(this.path, 'a')
      this.#bytes = 0
    }
    try {
      writeSync(this.#fd, chunk as string)
      this.#bytes += chunk.length
    } catch (error) {
      // The server that ends because of a full disk reports it; the output until then cannot be stored.
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error
    }
  }

  /** The last lines, for an error message. */
  tail(lines: number): string {
    const last = readFileSync(this.path, 'utf8').trimEnd().split('\n').slice(-lines)
    return last.map((line) => (line.length > 300 ? `${line.slice(0, 299)}…` : line)).join('\n       ')
  }

  close(): void {
    closeSync(this.#fd)
  }
}
