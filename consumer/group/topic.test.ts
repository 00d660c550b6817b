import { kafkaConfig } from '@ticklake/kafka/config.ts'
import type { TopicFacts } from '@ticklake/kafka/topic-facts.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { expect, test } from 'vitest'
import { TopicGuard, topicOf } from './topic.ts'

const target = { topic: 't', topicId: 'a'.repeat(32), lake: { prefix: 'p', dataset: 'd' } }
const facts = (letter: string): TopicFacts => ({ topicId: letter.repeat(32), partitions: 1 })

/** A guard and its queries, which the test answers one by one. */
function asked() {
  const answers: PromiseWithResolvers<TopicFacts | undefined>[] = []
  const guard = new TopicGuard(
    {
      describeTopic: () => {
        const answer = Promise.withResolvers<TopicFacts | undefined>()
        answers.push(answer)
        return answer.promise
      },
    },
    target,
  )
  return { guard, answers }
}

test('the same topic is confirmed, another one of its name is refused', async () => {
  const { guard, answers } = asked()
  const first = guard.confirm()
  answers[0]!.resolve(facts('a'))
  await first
  const second = guard.confirm()
  answers[1]!.resolve(facts('b'))
  await expect(second).rejects.toMatchObject({ code: 'TOPIC_REPLACED' })
})

test('an offset that Kafka does not have is explained by a topic that was deleted and recreated, and by nothing else', async () => {
  const lost = new Failure({ code: 'OFFSET_OUT_OF_RANGE', what: 'no such offset' })
  const explained = async (answer: (question: PromiseWithResolvers<TopicFacts | undefined>) => void) => {
    const { guard, answers } = asked()
    const explanation = guard.explain(lost)
    answer(answers[0]!)
    return explanation
  }
  expect(await explained(({ resolve }) => resolve(facts('b')))).toMatchObject({ code: 'TOPIC_REPLACED' })
  expect(await explained(({ resolve }) => resolve(facts('a')))).toBe(lost)
  expect(await explained(({ reject }) => reject(new Error('timed out')))).toBe(lost)
  const other = new Error('another one')
  expect(await asked().guard.explain(other)).toBe(other)
})

test('records that were read from a topic that is gone still land', async () => {
  const { guard, answers } = asked()
  const confirmed = guard.confirm()
  answers[0]!.resolve(undefined)
  await confirmed
})

test('a broker that does not answer confirms nothing, and is asked again', async () => {
  const { guard, answers } = asked()
  const failed = guard.confirm()
  answers[0]!.reject(new Error('timed out'))
  await expect(failed).rejects.toThrow('timed out')
  const again = guard.confirm()
  answers[1]!.resolve(facts('a'))
  await again
})

test('a query that was sent before confirms nothing; waiting calls share the next one', async () => {
  const { guard, answers } = asked()
  const first = guard.confirm()
  const later = [guard.confirm(), guard.confirm(), guard.confirm()]
  answers[0]!.resolve(facts('a'))
  await first
  await new Promise(setImmediate)
  expect(answers, 'one query for all three').toHaveLength(2)
  answers[1]!.resolve(facts('b'))
  for (const each of later) await expect(each).rejects.toMatchObject({ code: 'TOPIC_REPLACED' })
})

const noPatience = { ...kafkaConfig({}), KAFKA_CONNECT_TIMEOUT_MS: 0 }
const reachability = () => ({
  advertised: ['10.0.0.1:9092'],
  lastFailure: 'Connect to 10.0.0.1:9092 failed: Connection refused',
})

test('a broker that answers, but not at the address that it advertises, is named with that address', async () => {
  const describeTopic = () => Promise.reject(Object.assign(new Error('Local: Timed out'), { code: -185 }))
  const found = topicOf({ describeTopic, reachability }, noPatience, new AbortController().signal)
  await expect(found).rejects.toMatchObject({
    code: 'KAFKA_UNREACHABLE',
    message: expect.stringMatching(/127\.0\.0\.1:9092 answers, .* advertises \(10\.0\.0\.1:9092\)/),
    why: expect.stringContaining('Connection refused'),
    remedy: expect.stringMatching(/advertised\.listeners.*make doctor/),
  })
})

test.each([
  ['the broker does not have it', () => Promise.resolve(undefined), /does not have it/, /topic create/],
  [
    'the broker refuses to say',
    () => Promise.reject(new Error('Broker: Topic authorization failed')),
    /authorization failed/,
    /may describe/,
  ],
])('a topic that never appears: %s', async (_, describeTopic, why, remedy) => {
  const found = topicOf({ describeTopic, reachability }, noPatience, new AbortController().signal)
  await expect(found).rejects.toMatchObject({
    code: 'TOPIC_MISSING',
    why: expect.stringMatching(why),
    remedy: expect.stringMatching(remedy),
  })
})
