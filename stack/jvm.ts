// What Kafka and Trino tell the JVM alike, so that both start in seconds.
import { join } from 'node:path'
import { installed } from './paths.ts'

/** `make` is the trial run of set-up: at its end the JVM writes what it has learned into an archive. */
export type Archive = 'use' | 'make'

/** https://openjdk.org/jeps/514: an archive that is missing or does not fit is ignored by the JVM. */
export function fastStart(name: string, archive: Archive): string[] {
  const file = join(installed.archives, `${name}.aot`)
  return [
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-XX:+ExitOnOutOfMemoryError',
    // Standard output is the server's log: the JVM's own remarks (on an archive that does not fit) are not for it.
    '-Xlog:disable',
    '-Xlog:all=error:stderr',
    archive === 'make' ? `-XX:AOTCacheOutput=${file}` : `-XX:AOTCache=${file}`,
  ]
}
