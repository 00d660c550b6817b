// The crawler operations of the Glue API.
import { addTags } from '../api/account.ts'
import { GlueError } from '../api/errors.ts'
import { pageOf, placeOf } from '../api/page.ts'
import { type Operations, operation, pick } from '../api/request.ts'
import type { GlueOptions } from '../api/service.ts'
import type { Store } from '../catalog/store.ts'
import type { Filter } from './crawl-history.ts'
import { type CrawlerInput, checkInput, checkSchedule, inputMembers, shownCrawler } from './crawler-record.ts'
import type { Crawlers } from './crawlers.ts'

interface Named {
  Name: string
}

export function crawlerOperations(store: Store, crawlers: Crawlers, options: GlueOptions): Operations {
  const shown = (record: Parameters<typeof shownCrawler>[0]) => shownCrawler(record, Date.now() / 1000)
  const found = (name: string) => {
    try {
      return crawlers.get(name)
    } catch (error) {
      if (error instanceof GlueError) return undefined
      throw error
    }
  }

  return {
    CreateCrawler: operation<CrawlerInput & { Tags?: Record<string, string> }>({
      takes: { Name: 'text!', Role: 'text!', Targets: 'object!', DatabaseName: 'text', Tags: 'object' },
      longest: { Role: 2048 },
      answer({ Tags, ...input }) {
        checkInput(input)
        const now = Date.now() / 1000
        crawlers.create({
          input: pick<CrawlerInput>(input, inputMembers),
          scheduleState: input.Schedule ? 'SCHEDULED' : 'NOT_SCHEDULED',
          state: 'READY',
          created: now,
          updated: now,
          version: 1,
        })
        const arn = `arn:aws:glue:${options.region}:${options.accountId}:crawler/${input.Name}`
        if (Tags) addTags(store, arn, Tags)
        return {}
      },
    }),

    GetCrawler: operation<Named>({
      takes: { Name: 'text!' },
      answer: ({ Name }) => ({ Crawler: shown(crawlers.get(Name)) }),
    }),

    GetCrawlers: operation<{ NextToken?: string; MaxResults?: number }>({
      takes: { NextToken: 'text' },
      pageSize: 1000,
      answer({ NextToken, MaxResults = 100 }) {
        const records = crawlers.list(placeOf(NextToken) ?? '', MaxResults + 1)
        const { rows, next } = pageOf(records, MaxResults, ({ input }) => input.Name)
        return { Crawlers: rows.map(shown), ...next }
      },
    }),

    ListCrawlers: operation<{ NextToken?: string; MaxResults?: number }>({
      takes: { NextToken: 'text' },
      pageSize: 1000,
      answer({ NextToken, MaxResults = 100 }) {
        const records = crawlers.list(placeOf(NextToken) ?? '', MaxResults + 1)
        const { rows, next } = pageOf(records, MaxResults, ({ input }) => input.Name)
        return { CrawlerNames: rows.map(({ input }) => input.Name), ...next }
      },
    }),

    BatchGetCrawlers: operation<{ CrawlerNames: string[] }>({
      takes: { CrawlerNames: 'list!' },
      longest: { CrawlerNames: 100 },
      answer({ CrawlerNames }) {
        const records = CrawlerNames.map(found)
        return {
          Crawlers: records.filter((record) => record !== undefined).map(shown),
          CrawlersNotFound: CrawlerNames.filter((_, i) => !records[i]),
        }
      },
    }),

    UpdateCrawler: operation<Partial<CrawlerInput> & Named>({
      takes: { Name: 'text!', Role: 'text', Targets: 'object' },
      answer(changes) {
        const record = crawlers.get(changes.Name)
        if (record.state !== 'READY') {
          const text = `Crawler with name ${changes.Name} cannot be updated while it runs`
          throw new GlueError('CrawlerRunningException', text)
        }
        const input = { ...record.input, ...pick(changes, inputMembers) }
        checkInput(input)
        crawlers.save({
          ...record,
          input,
          scheduleState: changes.Schedule ? 'SCHEDULED' : record.scheduleState,
          updated: Date.now() / 1000,
          version: record.version + 1,
        })
        return {}
      },
    }),

    DeleteCrawler: operation<Named>({
      takes: { Name: 'text!' },
      answer({ Name }) {
        if (crawlers.get(Name).state !== 'READY') {
          const text = `Crawler with name ${Name} cannot be deleted while it runs`
          throw new GlueError('CrawlerRunningException', text)
        }
        crawlers.delete(Name)
        return {}
      },
    }),

    StartCrawler: operation<Named>({
      takes: { Name: 'text!' },
      answer({ Name }) {
        crawlers.start(Name)
        return {}
      },
    }),

    StopCrawler: operation<Named>({
      takes: { Name: 'text!' },
      answer({ Name }) {
        crawlers.stop(Name)
        return {}
      },
    }),

    ListCrawls: operation<{
      CrawlerName: string
      NextToken?: string
      MaxResults?: number
      Filters?: Filter[]
    }>({
      takes: { CrawlerName: 'text!', NextToken: 'text', Filters: 'list' },
      pageSize: 1000,
      answer({ CrawlerName, NextToken, MaxResults = 20, Filters = [] }) {
        crawlers.get(CrawlerName)
        return crawlers.history.list(CrawlerName, MaxResults, NextToken, Filters)
      },
    }),

    GetCrawlerMetrics: operation<{ CrawlerNameList?: string[]; NextToken?: string; MaxResults?: number }>({
      takes: { CrawlerNameList: 'list', NextToken: 'text' },
      pageSize: 1000,
      answer({ CrawlerNameList, NextToken, MaxResults = 100 }) {
        const after = placeOf(NextToken)
        const names = [...new Set(CrawlerNameList)]
        const records = CrawlerNameList
          ? names
              .slice(after === undefined ? 0 : names.indexOf(after) + 1)
              .map(found)
              .filter((record) => record !== undefined)
          : crawlers.list(after ?? '', MaxResults + 1)
        const { rows, next } = pageOf(records, MaxResults, ({ input }) => input.Name)
        return { CrawlerMetricsList: rows.map(({ input }) => crawlers.history.metrics(input.Name)), ...next }
      },
    }),

    UpdateCrawlerSchedule: operation<{ CrawlerName: string; Schedule?: string }>({
      takes: { CrawlerName: 'text!', Schedule: 'text' },
      answer({ CrawlerName, Schedule }) {
        const record = crawlers.get(CrawlerName)
        const { Schedule: _, ...input } = record.input
        if (Schedule) checkSchedule(Schedule)
        crawlers.save({
          ...record,
          input: Schedule ? { ...input, Schedule } : input,
          scheduleState: Schedule ? 'SCHEDULED' : 'NOT_SCHEDULED',
        })
        return {}
      },
    }),

    StartCrawlerSchedule: operation<{ CrawlerName: string }>({
      takes: { CrawlerName: 'text!' },
      answer({ CrawlerName }) {
        const record = scheduled(crawlers, CrawlerName)
        if (record.scheduleState === 'SCHEDULED') {
          const text = `Crawler schedule of ${CrawlerName} is already running`
          throw new GlueError('SchedulerRunningException', text)
        }
        crawlers.save({ ...record, scheduleState: 'SCHEDULED' })
        return {}
      },
    }),

    StopCrawlerSchedule: operation<{ CrawlerName: string }>({
      takes: { CrawlerName: 'text!' },
      answer({ CrawlerName }) {
        const record = crawlers.get(CrawlerName)
        if (record.scheduleState === 'NOT_SCHEDULED') {
          const text = `Crawler schedule of ${CrawlerName} is not running`
          throw new GlueError('SchedulerNotRunningException', text)
        }
        crawlers.save({ ...record, scheduleState: 'NOT_SCHEDULED' })
        return {}
      },
    }),
  }
}

function scheduled(crawlers: Crawlers, name: string) {
  const record = crawlers.get(name)
  if (!record.input.Schedule) throw new GlueError('NoScheduleException', `Crawler ${name} has no schedule`)
  return record
}
