// The settings of `make demo`: CSV, SOURCE, MODE, RATE and SECONDS_TO_RUN, checked before anything starts.
import { accessSync, constants } from 'node:fs'
import { resolve } from 'node:path'
import {
  type Env,
  integer,
  type Option,
  oneOf,
  optionalText,
  pattern,
  readEnv,
} from '@ticklake/runtime/env.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'

const modes = ['replay', 'loop', 'sample'] as const
type Mode = (typeof modes)[number]

export const demoSchema = {
  CSV: optionalText({
    doc: 'a market file to replay once; without it generated rows of 14 indices, in a loop',
  }),
  SOURCE: optionalText({
    doc: 'a live feed instead of a file, such as coinbase:BTC-USD (docs/sources.md); it needs access to the internet',
  }),
  MODE: {
    ...oneOf(modes, {
      doc: 'replay (once, in order), loop (again and again) or sample (one at random each time)',
    }),
    fallback: undefined,
  } as Option<Mode | undefined>,
  RATE: pattern(/^(max|\d+(\.\d+)?)$/, 'a number of rows a second, or max', {
    doc: 'rows a second; 1 is the usual tutorial’s pace, max full speed',
    default: '200',
  }),
  SECONDS_TO_RUN: integer({
    doc: 'end by itself after so many seconds, with an audit; 0 is never',
    default: 0,
  }),
} as const

export interface DemoConfig {
  readonly csv: string | undefined
  /** A live feed, in the form of `producer run --source`. */
  readonly source: string | undefined
  readonly mode: Mode
  readonly rate: string
  /** 0: until Ctrl-C */
  readonly runMs: number
}

/** @throws Failure CONFIG_INVALID; CSV_UNREADABLE */
export function demoConfig(env: Env): DemoConfig {
  const values = readEnv(demoSchema, env)
  const source = values.SOURCE
  if (source !== undefined && values.CSV !== undefined) {
    throw new Failure({
      code: 'CONFIG_INVALID',
      what: 'settings contradict each other; nothing was started',
      why: 'SOURCE and CSV are two sources',
      remedy: 'set one of them',
    })
  }
  const csv = values.CSV === undefined ? undefined : readable(resolve(values.CSV))
  return {
    csv,
    source,
    mode: values.MODE ?? (csv === undefined && source === undefined ? 'loop' : 'replay'),
    // A live feed has its own pace: a lower rate would fall behind it.
    rate: source !== undefined && !env.RATE ? 'max' : values.RATE,
    runMs: values.SECONDS_TO_RUN * 1000,
  }
}

function readable(path: string): string {
  try {
    accessSync(path, constants.R_OK)
    return path
  } catch (cause) {
    throw new Failure({
      code: 'CSV_UNREADABLE',
      what: 'the file that CSV names cannot be read; nothing was started',
      why: reasonOf(cause),
      remedy: 'make demo CSV=path/to/indexProcessed.csv, or without CSV for generated rows',
      cause,
    })
  }
}
