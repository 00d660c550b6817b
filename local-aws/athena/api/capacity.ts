// What runs queries: one engine version, and no capacity that anybody could reserve.
import { invalidInput } from './errors.ts'
import { nameText, paging, tags, tagsOf, workgroupName } from './members.ts'
import { engineVersion } from './query.ts'
import { integer, list, type Operations, operation, required, structure } from './shape.ts'

const { EffectiveEngineVersion } = engineVersion
const named = { Name: required(nameText) }
const withSize = { ...named, TargetDpus: required(integer({ min: 4 })) }
const engineVersions = [
  engineVersion,
  { SelectedEngineVersion: EffectiveEngineVersion, EffectiveEngineVersion },
]
const assigned = { CapacityReservationName: required(nameText) }
const assignments = list(structure({ WorkGroupNames: list(workgroupName) }))
const noReservation = (name: string): never => {
  throw invalidInput(`Capacity reservation ${name} was not found`)
}
const notFound = ({ Name }: { readonly Name: string }) => noReservation(Name)
const notAssigned = (request: { readonly CapacityReservationName: string }) =>
  noReservation(request.CapacityReservationName)

export const capacityOperations: Operations = {
  ListEngineVersions: operation(
    { ...paging, MaxResults: integer({ min: 1, max: 10 }) },
    ({ NextToken = '0', MaxResults = 10 }) => {
      const start = Number(NextToken)
      if (!(start in engineVersions)) throw invalidInput(`Malformed nextPageToken ${NextToken}`)
      const end = start + MaxResults
      return {
        EngineVersions: engineVersions.slice(start, end),
        ...(end < engineVersions.length ? { NextToken: String(end) } : {}),
      }
    },
  ),
  ListCapacityReservations: operation(paging, ({ NextToken }) => {
    if (NextToken !== undefined) throw invalidInput(`Malformed nextPageToken ${NextToken}`)
    return { CapacityReservations: [] }
  }),
  CreateCapacityReservation: operation({ ...withSize, Tags: tags }, ({ Tags }) => {
    tagsOf(Tags)
    throw invalidInput('Capacity reservations are not supported by local-aws')
  }),
  GetCapacityReservation: operation(named, notFound),
  UpdateCapacityReservation: operation(withSize, notFound),
  CancelCapacityReservation: operation(named, notFound),
  DeleteCapacityReservation: operation(named, notFound),
  GetCapacityAssignmentConfiguration: operation(assigned, notAssigned),
  PutCapacityAssignmentConfiguration: operation(
    { ...assigned, CapacityAssignments: required(assignments) },
    notAssigned,
  ),
}
