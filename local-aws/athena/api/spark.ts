// Apache Spark at Athena (notebooks, sessions, calculations): no workgroup here has it, so every operation is refused.
import { invalidInput } from './errors.ts'
import type { Operations } from './request.ts'

const names = `CreateNotebook CreatePresignedNotebookUrl DeleteNotebook ExportNotebook GetCalculationExecution
  GetCalculationExecutionCode GetCalculationExecutionStatus GetNotebookMetadata GetResourceDashboard GetSession
  GetSessionEndpoint GetSessionStatus ImportNotebook ListApplicationDPUSizes ListCalculationExecutions ListExecutors
  ListNotebookMetadata ListNotebookSessions ListSessions StartCalculationExecution StartSession
  StopCalculationExecution TerminateSession UpdateNotebook UpdateNotebookMetadata`.split(/\s+/)

/** AWS's message for a workgroup of SQL. */
function refuse(): never {
  throw invalidInput('Workgroup EngineVersion is not Spark.')
}

export const sparkOperations: Operations = Object.fromEntries(names.map((name) => [name, refuse]))
