import { expect, test } from 'vitest'
import { withArchiveSum } from './kafka-archive.ts'
import { makeTemplate } from './template.ts'

const template = makeTemplate()
const named = String(template.Parameters.KafkaArchiveSha512!.Default)
const mirror = 'https://mirror.example.org/apache/kafka/4.3.1/kafka_2.13-4.3.1.tgz'

test('the template names the sum of its own archive, in the form that the instance checks', () => {
  expect(named).toMatch(new RegExp(template.Parameters.KafkaArchiveSha512!.AllowedPattern!))
  expect(withArchiveSum(template, { InstanceType: 't3.micro' })).toEqual({ InstanceType: 't3.micro' })
})

test('a mirror of the same archive is held against the same sum, also where the stack had another', () => {
  expect(withArchiveSum(template, { KafkaArchiveUrl: mirror })).toEqual({
    KafkaArchiveUrl: mirror,
    KafkaArchiveSha512: named,
  })
})

test('of another archive the sum has to be given, and nothing is fetched beside it', () => {
  const KafkaArchiveUrl = mirror.replaceAll('4.3.1', '4.4.0')
  expect(() => withArchiveSum(template, { KafkaArchiveUrl })).toThrow(
    expect.objectContaining({ code: 'CHECKSUM_UNKNOWN', why: expect.stringContaining(KafkaArchiveUrl) }),
  )
  const KafkaArchiveSha512 = 'b'.repeat(128)
  expect(withArchiveSum(template, { KafkaArchiveUrl, KafkaArchiveSha512 })).toEqual({
    KafkaArchiveUrl,
    KafkaArchiveSha512,
  })
})
