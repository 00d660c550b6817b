// The built dashboard, read into memory once, so that no request can name another file of the machine.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'

export interface Asset {
  readonly type: string
  readonly body: Buffer
  readonly gzip: Buffer
  readonly etag: string
  /** Its name contains a digest of its content: it never changes. */
  readonly immutable: boolean
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
}

export const distDir = join(import.meta.dirname, '../web/dist')

/** The files by their URL path. @throws Failure PAGE_NOT_BUILT */
export function readAssets(dir: string): Map<string, Asset> {
  try {
    const assets = new Map<string, Asset>()
    for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
      const type = types[extname(entry.name)]
      if (!entry.isFile() || !type) continue
      const file = join(entry.parentPath, entry.name)
      const path = `/${relative(dir, file).split(sep).join('/')}`
      const body = readFileSync(file)
      assets.set(path, {
        type,
        body,
        gzip: gzipSync(body, { level: 9 }),
        etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
        immutable: path.startsWith('/assets/'),
      })
    }
    if (!assets.has('/index.html')) throw new Error(`no index.html in ${dir}`)
    return assets
  } catch (error) {
    throw new Failure({
      code: 'PAGE_NOT_BUILT',
      what: 'the dashboard is not built, and is not served',
      why: reasonOf(error),
      remedy: 'build it: npm run build -w catalog (set-up does)',
      cause: error,
    })
  }
}
