// Apache Spark at Athena (notebooks, sessions, calculations): no workgroup here has it, so every operation is refused.
import { invalidInput } from './errors.ts'
import type { Operations } from './shape.ts'

const names = `CreateNotebook CreatePresignedNotebookUrl DeleteNotebook ExportNotebook GetCalculationExecution
  GetCalculationExecutionCode GetCalculationExecutionStatus GetNotebookMetadata GetResourceDashboard GetSession
  GetSessionEndpoint GetSessionStatus ImportNotebook ListApplicationDPUSizes ListCalculationExecutions ListExecutors
  ListNotebookMetadata ListNotebookSessions ListSessions StartCalculationExecution StartSession
  StopCalculationExecution TerminateSession UpdateNotebook UpdateNotebookMetadata`.split(/\s+/)

function refuse(): never {
  throw invalidInput(
    'Apache Spark is not supported by local-aws: its workgroups have Athena engine version 3',
  )
}

export const sparkOperations: Operations = Object.fromEntries(names.map((name) => [name, refuse]))
