// Engine versions and capacity: there is one engine version, and no capacity can be reserved.
import { invalidInput } from './errors.ts'
import { nextToken, refuseToken, requireNoToken, startAfterNumber } from './page.ts'
import { engineVersion } from './query.ts'
import type { Operations } from './request.ts'
import { tagsOf } from './tags.ts'

const { EffectiveEngineVersion } = engineVersion
const engineVersions = [
  engineVersion,
  { SelectedEngineVersion: EffectiveEngineVersion, EffectiveEngineVersion },
]
const noReservation = (name: string): never => {
  throw invalidInput(`Capacity reservation ${name} was not found`)
}
const notFound = ({ Name }: { readonly Name: string }) => noReservation(Name)
const notAssigned = (request: { readonly CapacityReservationName: string }) =>
  noReservation(request.CapacityReservationName)

export const capacityOperations: Operations = {
  ListEngineVersions({ NextToken, MaxResults = 10 }) {
    const start = startAfterNumber(NextToken) ?? 0
    if (!(start in engineVersions)) refuseToken(NextToken!)
    const end = start + MaxResults
    return {
      EngineVersions: engineVersions.slice(start, end),
      ...(end < engineVersions.length ? { NextToken: nextToken(String(end)) } : {}),
    }
  },
  ListCapacityReservations({ NextToken }) {
    requireNoToken(NextToken)
    return { CapacityReservations: [] }
  },
  CreateCapacityReservation({ Tags }) {
    tagsOf(Tags)
    throw invalidInput('Capacity reservations are not supported by local-aws')
  },
  GetCapacityReservation: notFound,
  UpdateCapacityReservation: notFound,
  CancelCapacityReservation: notFound,
  DeleteCapacityReservation: notFound,
  GetCapacityAssignmentConfiguration: notAssigned,
  PutCapacityAssignmentConfiguration: notAssigned,
}
