// Questions and answers of single partitions, which the protocol groups by topic.
import type { WireReader, WireWriter } from './wire.ts'

/** Writes what is asked of each partition. A topic that is named twice would be answered once. */
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

/** Reads the answer for each partition, in the order in which they came. */
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
