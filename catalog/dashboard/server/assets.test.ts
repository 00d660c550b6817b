// The built dashboard: a small first load, and nothing from other hosts.
import { expect, test } from 'vitest'
import { type Asset, distDir, readAssets } from './assets.ts'

const assets = readAssets(distDir)

/** What the browser fetches before anything is clicked: index.html and what it names. */
function firstLoad(): [string, Asset][] {
  const index = assets.get('/index.html')!.body.toString('utf8')
  const named = [...index.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((match) => match[1]!)
  return ['/index.html', ...named].map((path) => [path, assets.get(path)!])
}

test('the first load is under 300 KB, compressed', () => {
  const files = firstLoad()
  expect(files.map(([path]) => path).join(' ')).toMatch(/index-.*\.js.*\.css/)
  const bytes = files.reduce((sum, [, asset]) => sum + asset.gzip.length, 0)
  expect(bytes).toBeGreaterThan(10_000)
  expect(bytes).toBeLessThan(300 * 1024)
})

test('all of it together, the editor included, is under 300 KB, compressed', () => {
  const bytes = [...assets.values()].reduce((sum, asset) => sum + asset.gzip.length, 0)
  expect(bytes).toBeLessThan(300 * 1024)
})

test('nothing is fetched from another host', () => {
  for (const [path, { body }] of assets) {
    const text = body.toString('utf8')
    if (path.endsWith('.css')) expect(text, path).not.toMatch(/url\(|@import/)
    expect(text.match(/(?:src|href|import)\s*[=(]\s*["']https?:/g), path).toBeNull()
  }
})

test('the dashboard has no inline script or style', () => {
  const index = assets.get('/index.html')!.body.toString('utf8')
  expect(index).not.toMatch(/<style|style="|<script(?![^>]*src=)|\son\w+="/)
  expect(index).toContain('content="__NONCE__"')
})
