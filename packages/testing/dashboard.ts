// For the dashboard's stack tests: a real pipeline with its dashboard, a real browser, and screenshots.
// biome-ignore-all lint/performance/useDomNodeTextContent: what is seen is tested, not what is there unseen
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'
import { start } from './catalog-commands.ts'
import { runHere } from './in-process.ts'
import { PATIENCE_MS } from './patience.ts'

const shotDir = join(import.meta.dirname, '../../.local/screenshots')

export const screens = {
  phone: { width: 390, height: 844 },
  desktop: { width: 1440, height: 1000 },
  wide: { width: 2560, height: 1300 },
} as const

/** Every screen size and colour scheme in which a tab is tested. */
export const appearances = [
  ['desktop', 'light'],
  ['desktop', 'dark'],
  ['phone', 'light'],
  ['phone', 'dark'],
  ['wide', 'light'],
] as const

export interface Service {
  /** Kills it, like a crash. */
  kill(): Promise<void>
  stop(): Promise<void>
  log(): string
}

export function startService(env: Record<string, string>, service: string, ...args: string[]): Service {
  const { child, ended, stderr } = start(env, service, ...args)
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await ended
  }
  return { kill: () => end('SIGKILL'), stop: () => end('SIGTERM'), log: stderr }
}

/** Starts `catalog serve`. Out: the address of its dashboard. */
export async function startDashboardService(env: Record<string, string>, ...flags: string[]) {
  const service = startService(env, 'catalog', 'serve', ...flags)
  const url = await eventually(
    () => /"url":"(http:[^"]+)"/.exec(service.log())?.[1],
    `the dashboard: ${service.log()}`,
  )
  return { ...service, url }
}

/** Creates topic and table by the commands that a user runs. */
export async function prepare(env: Record<string, string>): Promise<void> {
  for (const [service, ...args] of [
    ['producer', 'topic', 'create'],
    ['catalog', 'declare'],
  ] as const) {
    const done = await runHere(env, service, ...args)
    expect(done.code, done.stderr).toBe(0)
  }
}

/** Waits for the value. Out: the value, once it is defined. */
export async function eventually<T>(
  poll: () => T | undefined | false | Promise<T | undefined | false>,
  what: string,
  withinMs = PATIENCE_MS,
): Promise<T> {
  const deadline = Date.now() + withinMs
  while (Date.now() < deadline) {
    const value = await poll()
    if (value !== undefined && value !== false) return value
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`waited ${withinMs} ms for ${what}`)
}

export interface OpenTab {
  readonly page: Page
  /** Errors in the browser: of scripts, of the content security policy, and requests to other hosts. */
  readonly complaints: string[]
}

export interface TabOptions {
  readonly screen?: keyof typeof screens
  readonly scheme?: 'light' | 'dark'
  /** Reduced motion: drawing animations costs half a processor, which slows down tests that mostly wait. */
  readonly still?: boolean
}

/** Opens the dashboard in a browser context of its own; other origins are blocked, as without a network. */
export async function openTab(browser: Browser, url: string, options: TabOptions = {}): Promise<OpenTab> {
  const context = await browser.newContext({
    viewport: screens[options.screen ?? 'desktop'],
    colorScheme: options.scheme ?? 'light',
    reducedMotion: options.still ? 'reduce' : 'no-preference',
    permissions: ['clipboard-read', 'clipboard-write'],
    acceptDownloads: true,
  })
  const complaints: string[] = []
  const { origin } = new URL(url)
  await context.route(
    (asked) => asked.origin !== origin && asked.protocol !== 'blob:',
    (route) => {
      complaints.push(`asked ${route.request().url()}`)
      return route.abort()
    },
  )
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  page.on('pageerror', (error) => complaints.push(`threw ${error.message}`))
  page.on('console', (message) => {
    // The dashboard shows what the server refuses; the browser's own message about it adds nothing.
    if (message.type() === 'error' && !/Failed to load resource|net::ERR/.test(message.text())) {
      complaints.push(message.text())
    }
  })
  await page.goto(url)
  return { page, complaints }
}

/** Opens a tab and waits until it is shown. */
export async function showTab(page: Page, name: 'Live' | 'Query' | 'Catalog' | 'Ledger'): Promise<void> {
  await page.getByRole('navigation', { name: 'Tabs' }).getByRole('link', { name }).click()
  await eventually(async () => (await page.title()) === `ticklake: ${name}`, `the tab ${name}`)
  await page.locator('main h1').waitFor({ state: 'attached' })
}

/** A screenshot for people, if TICKLAKE_SCREENSHOTS is set: .local/screenshots/<name>.png */
export async function picture(page: Page, name: string): Promise<void> {
  if (!process.env.TICKLAKE_SCREENSHOTS) return
  mkdirSync(shotDir, { recursive: true })
  await page.evaluate('scrollTo(0, 0)')
  await page.screenshot({ path: join(shotDir, `${name}.png`), fullPage: true })
}

/** The problems that axe finds on the page, as text. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // Evaluated like a browser tool, since the dashboard's policy forbids adding the script to the page.
  await page.evaluate(axe.source)
  return page.evaluate(`(async () => {
    const runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    const { violations } = await axe.run(document, { runOnly })
    return violations.map(({ id, help, nodes }) =>
      id + ': ' + help + ': ' + nodes.map(({ target }) => target.join(' ')).join(', ').slice(0, 300))
  })()`)
}

/** The page's width: if it is larger than the screen's, users have to scroll sideways. */
export function widthOf(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth')
}
