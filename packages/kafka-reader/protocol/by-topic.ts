// Requests and responses of single partitions, which the protocol groups by topic.
import type { WireReader, WireWriter } from './wire.ts'

/** Writes the request of each partition. A topic must appear once: brokers answer a repeated one only once. */
export function writeByTopic<T extends { readonly topic: string }>(
  writer: WireWriter,
  questions: readonly T[],
  writePartition: (question: T) => void,
): void {
  writer.compactArray([...Map.groupBy(questions, ({ topic }) => topic)], ([topic, ofTopic]) => {
    writer.compactString(topic)
    writer.compactArray(ofTopic, (question) => {
      writePartition(question)
      writer.noTags()
    })
    writer.noTags()
  })
}

/** Reads each partition's response, in the order of the bytes. */
export function readByTopic<T>(reader: WireReader, readPartition: () => T): (T & { topic: string })[] {
  const topics = reader.compactArray(() => {
    const topic = reader.compactString() ?? ''
    const answers = reader.compactArray(() => {
      const answer = { topic, ...readPartition() }
      reader.tags()
      return answer
    })
    reader.tags()
    return answers
  })
  return topics.flat()
}
