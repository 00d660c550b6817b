import { expect, test } from 'vitest'
import { FetchSession } from './fetch-session.ts'
import { PartitionState } from './partition-state.ts'

const keyOf = ({ topicId }: PartitionState) => topicId
const partitions = (count: number) =>
  Array.from(
    { length: count },
    (_, partition) => new PartitionState({ topic: 't', topicId: 'id' }, partition, 0, -1),
  )
const numbersOf = (request: ReturnType<FetchSession['next']>) => ({
  id: request.sessionId,
  epoch: request.sessionEpoch,
  partitions: request.partitions.map(({ partition }) => partition),
  forgotten: request.forgotten.map(({ partition }) => partition),
})

test('few partitions are named each time, and no session is asked for', () => {
  const session = new FetchSession(3)
  const states = partitions(2)
  for (let i = 0; i < 2; i++) {
    expect(numbersOf(session.next(states, keyOf))).toEqual({
      id: 0,
      epoch: -1,
      partitions: [0, 1],
      forgotten: [],
    })
    session.answered(0)
  }
})

test('in a session only changes are named, and removed partitions are forgotten', () => {
  const session = new FetchSession(3)
  const states = partitions(4)
  const request = () => numbersOf(session.next(states, keyOf))
  expect(request()).toEqual({ id: 0, epoch: 0, partitions: [0, 1, 2, 3], forgotten: [] })
  session.answered(9)
  expect(request()).toEqual({ id: 9, epoch: 1, partitions: [], forgotten: [] })
  session.answered(9)
  states[1]!.fetchOffset = 5
  states[2]!.leaderEpoch = 7
  states.shift()
  expect(request()).toEqual({ id: 9, epoch: 2, partitions: [1, 2], forgotten: [0] })
  session.answered(9)
  // Assigned again at the same offset: earlier answers are not about it.
  states[0] = partitions(2)[1]!
  expect(session.sent('id', 1)?.state).not.toBe(states[0])
  expect(request()).toEqual({ id: 9, epoch: 3, partitions: [1], forgotten: [] })
  expect(session.sent('id', 1)?.state).toBe(states[0])
  expect(session.sent('id', 0)).toBeUndefined()
})

test('after an error, or if the broker creates no session, all are named again', () => {
  const session = new FetchSession(1)
  const states = partitions(2)
  const all = { id: 0, epoch: 0, partitions: [0, 1], forgotten: [] }
  session.next(states, keyOf)
  session.answered(9)
  session.reset()
  expect(numbersOf(session.next(states, keyOf))).toEqual(all)
  session.answered(0)
  expect(numbersOf(session.next(states, keyOf))).toEqual(all)
})
