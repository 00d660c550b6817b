// StartQueryExecution: checks the request in Athena's order, and starts the query once for each token.
import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { LocalAwsConfig } from '../../config.ts'
import type { Definitions } from '../engine/definitions.ts'
import type { History } from '../engine/history.ts'
import type { Queries } from '../engine/queries.ts'
import { type ResultObjects, s3Location } from '../results/s3.ts'
import { hasExternalLocation } from '../sql/ctas.ts'
import { type Statement, statementOf } from '../sql/statement.ts'
import { invalidInput, invalidRequest } from './errors.ts'
import { type PreparedStatement, preparedWork } from './prepared-statements.ts'
import {
  outputLocation,
  type Query,
  type QueryRequest,
  type ResultReuse,
  type ResultSettings,
} from './query.ts'
import type { Operations, RequestOf } from './request.ts'
import type { Workgroup, Workgroups } from './workgroups.ts'

/** The most bytes of a query, in UTF-8. */
const maxQueryBytes = 262_144
const maxParameters = 1_000

type StartQueryRequest = RequestOf<'StartQueryExecution'>

export interface StartQueryParts {
  readonly config: Pick<LocalAwsConfig, 'defaultResults' | 'accountId' | 'region'>
  readonly history: History
  readonly queries: Queries
  readonly objects: ResultObjects
  readonly workgroups: Workgroups
  readonly preparedStatements: Definitions<PreparedStatement>
}

export function startQueryOperations(parts: StartQueryParts): Operations {
  const { config, history, queries, objects, workgroups, preparedStatements } = parts
  /** Requests that are being started, by token: a repeated one waits for the first instead of running again. */
  const starting = new Map<string, Promise<QueryRequest>>()

  /** An earlier query whose result answers this one, if the request allows that and the result still exists. */
  async function reusableOf(asked: QueryRequest): Promise<Query | undefined> {
    const { Enabled, MaxAgeInMinutes = 60 } = asked.resultReuse ?? { Enabled: false }
    if (!Enabled) return undefined
    const earlier = history.reusable(asked, Date.now() - MaxAgeInMinutes * 60_000)
    return earlier && (await objects.exists(outputLocation(earlier))) ? earlier : undefined
  }

  /** @throws AwsError when the result's bucket does not exist */
  async function prepareBucket({ resultFolder, managedResults }: QueryRequest): Promise<void> {
    const { bucket } = s3Location(resultFolder)!
    if (managedResults) await objects.makeBucket(bucket)
    else if (!(await objects.bucketExists(bucket)))
      throw invalidInput(`Unable to verify/create output bucket ${bucket}`)
  }

  return {
    async StartQueryExecution(request) {
      const token = clientToken(request)
      const { QueryString: query, ExecutionParameters: parameters } = request
      // Before anything parses it.
      if (Buffer.byteLength(query) > maxQueryBytes) {
        throw invalidInput(`The query has more than ${maxQueryBytes} bytes in UTF-8`)
      }
      const workgroup = workgroups.of(request.WorkGroup)
      if (workgroup.State === 'DISABLED') throw invalidInput('WorkGroup is disabled.')
      const result = resultOf(request.ResultConfiguration ?? {}, workgroup, config)
      const mostScannedBytes = workgroup.Configuration.BytesScannedCutoffPerQuery
      if (parameters && parameters.length > maxParameters) {
        throw invalidInput(`A query has at most ${maxParameters} parameters`)
      }
      const resultReuse = resultReuseOf(request)
      const { statement, own } = preparedWork(
        preparedStatements,
        workgroup.Name,
        statementOf(query),
        parameters,
      )
      checkLocation(statement, workgroup)
      const asked: QueryRequest = {
        id: randomUUID(),
        token,
        query: statement.query,
        statementType: statement.type,
        substatement: statement.substatement,
        catalog: request.QueryExecutionContext?.Catalog,
        database: request.QueryExecutionContext?.Database,
        workgroup: workgroup.Name,
        parameters,
        ...result,
        ...(resultReuse === undefined ? {} : { resultReuse }),
        ...(mostScannedBytes === undefined ? {} : { mostScannedBytes }),
        ...shownOf(workgroup),
        submittedAtMs: Date.now(),
      }
      // A request in progress comes first: its record exists already, though the query may still be refused and removed.
      // Of several requests that waited for a refused one, one starts and the others wait for it.
      for (let inFlight = starting.get(token); inFlight; inFlight = starting.get(token)) {
        const started = await inFlight.catch(() => undefined)
        if (started) return { QueryExecutionId: sameRequest(started, asked).id }
      }
      const earlier = history.withToken(token)
      if (earlier) return { QueryExecutionId: sameRequest(earlier, asked).id }
      const started = (async () => {
        const reusable = await reusableOf(asked)
        if (reusable) queries.reuse(asked, reusable)
        else {
          await prepareBucket(asked)
          await queries.start(asked, statement, own)
        }
        return asked
      })()
      starting.set(token, started)
      try {
        return { QueryExecutionId: (await started).id }
      } finally {
        starting.delete(token)
      }
    },
  }
}

/** @throws AwsError */
function clientToken({ ClientRequestToken: token }: StartQueryRequest): string {
  if (!token) throw invalidInput('clientRequestToken is null or empty')
  if (token.length < 32 || token.length > 128) {
    throw invalidInput(
      `1 validation error detected: Value '${token}' at 'clientRequestToken' failed to satisfy constraint: Member must have length between 32 and 128`,
    )
  }
  return token
}

/** Where the result goes, and with which settings. @throws AwsError */
function resultOf(
  asked: ResultSettings,
  workgroup: Workgroup,
  { defaultResults, accountId, region }: StartQueryParts['config'],
): Pick<QueryRequest, 'resultFolder' | 'resultSettings' | 'managedResults'> {
  const managed = workgroup.Configuration.ManagedQueryResultsConfiguration
  if (managed?.Enabled) {
    if (asked.OutputLocation) {
      throw invalidInput(
        `WorkGroup ${workgroup.Name} has managed query results: a request has no output location of its own`,
      )
    }
    // A bucket of Athena's own: its location is not shown.
    const resultFolder = `s3://aws-athena-managed-query-results-${accountId}-${region}/${workgroup.Name}/`
    return { resultFolder, managedResults: managed }
  }
  const { OutputLocation, ...resultSettings } = resultSettingsOf(asked, workgroup)
  return {
    resultFolder: resultFolderOf(OutputLocation || defaultResults),
    ...(Object.keys(resultSettings).length === 0 ? {} : { resultSettings }),
  }
}

/** What a query shows of its workgroup: the engine version if it is not AUTO, and how S3 is accessed. */
function shownOf({
  Configuration,
}: Workgroup): Pick<QueryRequest, 'selectedEngineVersion' | 's3AccessGrants'> {
  const selected = Configuration.EngineVersion?.SelectedEngineVersion
  const s3AccessGrants = Configuration.QueryResultsS3AccessGrantsConfiguration
  return {
    ...(selected === undefined || selected === 'AUTO' ? {} : { selectedEngineVersion: selected }),
    ...(s3AccessGrants === undefined ? {} : { s3AccessGrants }),
  }
}

/** The settings of the result: the workgroup's fill in what the request lacks, or replace the request's if enforced. */
function resultSettingsOf(asked: ResultSettings, { Configuration }: Workgroup): ResultSettings {
  const own = Configuration.ResultConfiguration
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== ''))
  if (!Configuration.EnforceWorkGroupConfiguration) return { ...own, ...given }
  // Without a location of its own the workgroup has nothing to enforce.
  return own.OutputLocation === undefined ? given : own
}

/** @throws AwsError for a CTAS with a place of its own where the workgroup allows none */
function checkLocation({ substatement, tokens }: Statement, { Configuration }: Workgroup): void {
  const { EnforceWorkGroupConfiguration, ResultConfiguration } = Configuration
  if (!EnforceWorkGroupConfiguration || ResultConfiguration.OutputLocation === undefined) return
  if (substatement !== 'CREATE_TABLE_AS_SELECT' || !hasExternalLocation(tokens)) return
  throw invalidInput(
    "The Create Table As Select query failed because it was submitted with an 'external_location' property to an Athena Workgroup that enforces a centralized output location for all queries. Please remove the 'external_location' property and resubmit the query.",
  )
}

/** AWS's default age, if none is given. */
function resultReuseOf({ ResultReuseConfiguration }: StartQueryRequest): ResultReuse | undefined {
  const given = ResultReuseConfiguration?.ResultReuseByAgeConfiguration
  return given?.Enabled ? { MaxAgeInMinutes: 60, ...given } : given
}

/** @throws AwsError when there is no location for the result */
function resultFolderOf(location: string | undefined): string {
  if (!location) {
    throw invalidInput(
      'No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input.',
    )
  }
  if (!s3Location(location)) throw invalidInput('outputLocation is not a valid S3 path.')
  return location.endsWith('/') ? location : `${location}/`
}

/** The earlier request with this token, if the later one is the same. @throws AwsError */
function sameRequest(earlier: QueryRequest, later: QueryRequest): QueryRequest {
  const same = (['query', 'catalog', 'database', 'resultFolder', 'parameters'] as const).every((name) =>
    isDeepStrictEqual(earlier[name], later[name]),
  )
  if (!same) throw invalidRequest('IDEMPOTENT_PARAMETER_MISMATCH', 'Idempotent parameters do not match')
  return earlier
}
