// The logs of crawls in CloudWatch Logs: the group /aws-glue/crawlers, with a stream for each crawler.
import { GlueError } from '../api/errors.ts'
import { nextToken, startAfterNumber } from '../api/page.ts'
import type { Handlers } from '../api/request.ts'
import { arnOf, type CatalogContext } from '../catalog/context.ts'
import type { CrawlerRecord } from './crawler-record.ts'

export const logGroup = '/aws-glue/crawlers'

interface Row {
  id: number
  time: number
  message: string
  crawler: string
}
interface Wanted {
  startTime?: number
  endTime?: number
  limit?: number
  nextToken?: string
}

/** CloudWatch's own limits for a page of events. */
const mostEvents = 10_000

export function logOperations(context: CatalogContext): Handlers {
  const { store } = context
  const needGroup = (name: string | undefined) => {
    if (name !== logGroup) {
      throw new GlueError('ResourceNotFoundException', 'The specified log group does not exist.')
    }
  }
  const needStream = (name = '') => {
    if (!store.one('SELECT 1 FROM crawlers WHERE name = ?', name)) {
      throw new GlueError('ResourceNotFoundException', 'The specified log stream does not exist.')
    }
  }
  const rows = (crawler: string | undefined, after: number, { startTime = 0, endTime, limit }: Wanted) =>
    store.all<Row>(
      `SELECT l.id, l.time, l.message, c.crawler FROM crawl_logs l JOIN crawls c ON c.id = l.crawl_id
        WHERE l.id > ? AND (? = '' OR c.crawler = ?) AND l.time >= ? AND l.time < ? ORDER BY l.id LIMIT ?`,
      after,
      crawler ?? '',
      crawler ?? '',
      startTime,
      endTime ?? Number.MAX_SAFE_INTEGER,
      Math.min(limit ?? mostEvents, mostEvents),
    )

  return {
    DescribeLogGroups: () => ({
      logGroups: [{ logGroupName: logGroup, arn: arnOf(context, `log-group:${logGroup}`), storedBytes: 0 }],
    }),

    DescribeLogStreams({
      logGroupName,
      logStreamNamePrefix = '',
    }: {
      logGroupName?: string
      logStreamNamePrefix?: string
    }) {
      needGroup(logGroupName)
      const crawlers = store
        .all<{ data: string }>('SELECT data FROM crawlers ORDER BY name')
        .map(({ data }) => JSON.parse(data) as CrawlerRecord)
        .filter(({ input }) => input.Name.startsWith(logStreamNamePrefix))
      return {
        logStreams: crawlers.map(({ input, created }) => ({
          logStreamName: input.Name,
          creationTime: Math.round(created * 1000),
        })),
      }
    },

    GetLogEvents({
      logGroupName,
      logStreamName,
      ...wanted
    }: Wanted & { logGroupName?: string; logStreamName?: string }) {
      needGroup(logGroupName)
      needStream(logStreamName)
      const after = startAfterNumber(wanted.nextToken) ?? 0
      const found = rows(logStreamName, after, wanted)
      const token = nextToken(String(found.at(-1)?.id ?? after))
      return {
        events: found.map(({ time, message }) => ({ timestamp: time, message, ingestionTime: time })),
        // The same token again means that there is no more.
        nextForwardToken: token,
        nextBackwardToken: token,
      }
    },

    FilterLogEvents({
      logGroupName,
      logStreamNames,
      filterPattern = '',
      ...wanted
    }: Wanted & { logGroupName?: string; logStreamNames?: string[]; filterPattern?: string }) {
      needGroup(logGroupName)
      const found = rows(undefined, startAfterNumber(wanted.nextToken) ?? 0, wanted)
      const terms = filterPattern.replaceAll('"', '').split(' ').filter(Boolean)
      const events = found.filter(
        ({ crawler, message }) =>
          (!logStreamNames || logStreamNames.includes(crawler)) &&
          terms.every((word) => message.includes(word)),
      )
      const isMore = found.length === Math.min(wanted.limit ?? mostEvents, mostEvents)
      return {
        events: events.map(({ id, crawler, time, message }) => ({
          logStreamName: crawler,
          timestamp: time,
          message,
          ingestionTime: time,
          eventId: String(id),
        })),
        ...(isMore ? { nextToken: nextToken(String(found.at(-1)!.id)) } : {}),
      }
    },
  }
}
