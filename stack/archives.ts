// Runs Kafka and Trino once, so that the JVM can archive the classes that they load: later starts skip that work.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverEnv } from './environment.ts'
import { kafkaServer } from './kafka-server.ts'
import { installed, localDir } from './paths.ts'
import { freePorts } from './ports.ts'
import type { Progress } from './progress.ts'
import { newSecret } from './secret.ts'
import { Supervisor } from './supervisor.ts'
import { ask, trino } from './trino.ts'

/** Queries that touch much of the engine and need no data. */
const trialQueries = [
  'SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS t (n)',
  'SELECT n % 14, max(n), avg(n), approx_percentile(n, 0.5) FROM UNNEST(sequence(1, 10000)) AS t (n) GROUP BY 1 ORDER BY 2 DESC LIMIT 10',
  `SELECT date_trunc('month', d), row_number() OVER (PARTITION BY year(d) ORDER BY d), format_datetime(d, 'y')
   FROM UNNEST(sequence(DATE '2020-01-01', DATE '2021-12-31')) AS t (d)`,
  'SELECT a.n FROM UNNEST(sequence(1, 100)) AS a (n) JOIN UNNEST(sequence(50, 150)) AS b (n) ON a.n = b.n',
  'SHOW CATALOGS',
]

/**
 * @param servers `trino` leaves Kafka out: the image of the AWS endpoint has none
 * @throws Failure when a server does not start
 */
export async function makeArchives(
  progress: Pick<Progress, 'detail'>,
  signal: AbortSignal,
  servers: 'all' | 'trino' = 'all',
): Promise<void> {
  mkdirSync(installed.archives, { recursive: true })
  const dir = mkdtempSync(join(tmpdir(), 'ticklake-trial-'))
  const env = serverEnv(process.env)
  const ports = await freePorts()
  const supervisor = new Supervisor(join(localDir, 'logs/trial'))
  const stop = () => void supervisor.stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    // The JVM writes the archive while the process ends.
    const stopWithinMs = 180_000
    if (servers === 'all') {
      progress.detail = 'a trial run of Kafka'
      await supervisor.start({ ...(await kafkaServer(dir, ports, env, 'make')), stopWithinMs })
    }
    progress.detail = 'a trial run of Trino'
    const secret = newSecret(dir)
    await supervisor.start({ ...trino(dir, ports, 'trial', secret, env, 'make'), stopWithinMs })
    for (const query of trialQueries) await ask(ports.trino, secret, query)
    progress.detail = 'writing the archives'
  } finally {
    signal.removeEventListener('abort', stop)
    await supervisor.stop()
    rmSync(dir, { recursive: true, force: true })
  }
  progress.detail = 'written'
}
