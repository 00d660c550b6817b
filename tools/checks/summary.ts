// The end of a run: where the time went, what was skipped and why, what failed; the counts last, which scripts read.
import type { SerializedError, TestModule } from 'vitest/node'
import type { LintResult } from './lint.ts'

/** The part of vitest's state that is read. */
interface RunState {
  getTestModules(): TestModule[]
  getUnhandledErrors(): unknown[]
}

const SLOWEST = 15

/** @returns the text, and how many tests and lint checks failed */
export function summary(state: RunState, linted: readonly LintResult[]): { text: string; failed: number } {
  const modules = state.getTestModules()
  const tests = modules.flatMap((module) => [...module.children.allTests()])
  const inState = (wanted: string) => tests.filter((test) => test.result().state === wanted)
  const failures = [
    ...linted.filter(({ passed }) => !passed).map(({ name }) => `lint: ${name}`),
    ...(state.getUnhandledErrors() as SerializedError[]).map((error) => failure('outside any test', [error])),
    ...modules.flatMap((module) => failuresOf(module)),
    ...inState('failed').map((test) => failure(nameOf(test), test.result().errors ?? [])),
  ]
  const skips = inState('skipped').map((test) => {
    const { note } = test.result() as { note?: string }
    return `${nameOf(test)}${note ? ` (${note})` : ''}`
  })
  const passed = inState('passed').length + linted.filter((check) => check.passed).length
  const parts = [
    part('Where the time went', slowest(modules)),
    part('Skipped', [...new Set(skips)]),
    part('Failed', failures),
    `${passed} passed, ${failures.length} failed, ${skips.length} skipped\n`,
  ]
  return { text: parts.join(''), failed: failures.length }
}

/** Seconds of each project, then of the slowest files; files of a project run side by side. */
function slowest(modules: readonly TestModule[]): string[] {
  const seconds = (module: TestModule) => module.diagnostic().duration / 1000
  const line = (value: number, name: string) => `${value.toFixed(0).padStart(5)} s  ${name}`
  const projects = Map.groupBy(modules, ({ project }) => project.name)
  const sums = [...projects].map(([name, list]) =>
    line(
      list.reduce((sum, module) => sum + seconds(module), 0),
      `${name}: ${list.length} files`,
    ),
  )
  const files = [...modules].sort((a, b) => seconds(b) - seconds(a)).slice(0, SLOWEST)
  return [...sums, ...files.map((module) => line(seconds(module), module.relativeModuleId))]
}

function nameOf(test: {
  module: TestModule
  fullName: string
  diagnostic(): { duration: number } | undefined
}) {
  const seconds = ((test.diagnostic()?.duration ?? 0) / 1000).toFixed(1)
  return `${test.module.relativeModuleId}: ${test.fullName} (${seconds} s)`
}

/** Errors of files and of hooks, which belong to no test. */
function failuresOf(module: TestModule): string[] {
  const suites = [...module.children.allSuites()].map(
    (suite) => [`${module.relativeModuleId}: ${suite.fullName}`, suite.errors()] as const,
  )
  return [[module.relativeModuleId, module.errors()] as const, ...suites]
    .filter(([, errors]) => errors.length > 0)
    .map(([name, errors]) => failure(name, errors))
}

/** The first lines of each error, and where in the project it was thrown: enough to start with. */
function failure(name: string, errors: readonly SerializedError[]): string {
  const lines = errors.flatMap(({ message, stack = '' }) => {
    const thrownAt = stack.split('\n').find((line) => /^\s+at /.test(line) && !line.includes('node_modules'))
    return [...message.split('\n').slice(0, 20), ...(thrownAt ? [thrownAt.trim()] : [])]
  })
  return [name, ...lines.map((line) => `    ${line}`)].join('\n')
}

function part(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `\n${title}:\n${lines.map((line) => `  ${line}`).join('\n')}\n`
}
