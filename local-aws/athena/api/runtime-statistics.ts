// GetQueryRuntimeStatistics: the time, the input and the output of a query, as measured.
import { type Query, type StageStatistics, timeline } from './query.ts'

/** The QueryRuntimeStatistics structure. Rows are there once the engine has finished; the Data Catalog reports none. */
export function runtimeStatistics(query: Query): Record<string, unknown> {
  const { rows } = query.statistics
  if (!rows) return { Timeline: timeline(query) }
  const { inputRows, inputBytes, outputRows, outputStage } = rows
  return {
    Timeline: timeline(query),
    Rows: {
      InputRows: inputRows,
      InputBytes: inputBytes,
      OutputRows: outputRows,
      OutputBytes: outputStage?.bytes ?? 0,
    },
    ...(outputStage ? { OutputStage: queryStage(outputStage, outputRows) } : {}),
  }
}

/** A stage's output is the input of the stage above it. */
function queryStage(stage: StageStatistics, outputRows: number): Record<string, unknown> {
  return {
    StageId: stage.id,
    State: stage.state,
    InputRows: stage.rows,
    InputBytes: stage.bytes,
    OutputRows: outputRows,
    ExecutionTime: stage.ms,
    SubStages: stage.below.map((below) => queryStage(below, stage.rows)),
  }
}
