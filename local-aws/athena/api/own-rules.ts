// Where local-aws deviates from the checks of Athena's model; each row says why.
import type { RequestModel, Shape } from '../../requests/model.ts'

const changes: Readonly<Record<string, Partial<Shape>>> = {
  // Athena checks these later than the rest, with its own messages: the handlers do that.
  StartQueryExecutionInput: { members: { ClientRequestToken: 'String' } },
  ListQueryExecutionsInput: { members: { MaxResults: 'Integer' } },
  GetQueryResultsInput: { members: { MaxResults: 'Integer' } },
  Integer: { type: 'integer' },
  // The model lets SDKs generate it; the id of the named query is derived from it.
  CreateNamedQueryInput: {
    required: ['Name', 'Database', 'QueryString', 'ClientRequestToken'],
  },
  // Every tag has a key, although the model makes it optional.
  Tag: { required: ['Key'] },
  // PREPARE accepts a name of one letter, and so does the API.
  StatementName: { pattern: '[a-zA-Z_][a-zA-Z0-9_@:]{0,255}' },
  // KMS keys are not used: any name is accepted.
  KmsKey: { pattern: '.*' },
  // Stored values have a limit where the model has none, or one that is far too high.
  String: { max: 2_048 },
  ResultOutputLocation: { max: 2_048 },
  ParametersMap: { max: 50 },
  EngineConfiguration: {
    members: { AdditionalConfigs: 'EngineProperties', SparkProperties: 'EngineProperties' },
  },
  Classification: { members: { Properties: 'EngineProperties' } },
  EngineProperties: { type: 'map', key: 'KeyString', value: 'EngineProperty', max: 50 },
  EngineProperty: { type: 'string', max: 1_024 },
  ClassificationList: { max: 50 },
  LogTypesMap: { max: 50 },
  LogTypeKey: { max: 128 },
  LogTypeValuesList: { max: 50 },
  LogTypeValue: { max: 128 },
  PreparedStatementNameList: { max: 256 },
}

export function withOwnRules({ operations, shapes }: RequestModel): RequestModel {
  const changed = Object.entries(changes).map(([name, change]) => {
    const shape = shapes[name]
    const members = change.members && { members: { ...shape?.members, ...change.members } }
    return [name, { ...shape, ...change, ...members }]
  })
  return { operations, shapes: { ...shapes, ...Object.fromEntries(changed) } }
}
