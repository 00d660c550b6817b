// The crawler operations of the Glue API.
import { GlueError } from '../api/errors.ts'
import { pageOf, startAfter } from '../api/page.ts'
import { type Handlers, pick } from '../api/request.ts'
import type { CatalogContext } from '../catalog/context.ts'
import { addTags, deleteTags, hasTags, type Tags } from '../catalog/tags.ts'
import type { Filter } from './crawl-history.ts'
import { type CrawlerInput, checkInput, checkSchedule, inputMembers, shownCrawler } from './crawler-record.ts'
import type { Crawlers } from './crawlers.ts'

interface Named {
  Name: string
}

export function crawlerOperations(context: CatalogContext, crawlers: Crawlers): Handlers {
  const shown = (record: Parameters<typeof shownCrawler>[0]) => shownCrawler(record, Date.now() / 1000)
  const checkClassifiers = (names: string[] = []) => {
    for (const name of names) {
      if (!context.store.one('SELECT 1 FROM classifiers WHERE name = ?', name)) {
        throw new GlueError('EntityNotFoundException', `Classifier with name ${name} does not exist`)
      }
    }
  }
  const found = (name: string) => {
    try {
      return crawlers.get(name)
    } catch (error) {
      if (error instanceof GlueError) return undefined
      throw error
    }
  }

  return {
    CreateCrawler({ Tags: tags, ...input }: CrawlerInput & { Tags?: Tags }) {
      checkInput(input)
      checkClassifiers(input.Classifiers)
      const now = Date.now() / 1000
      crawlers.create({
        input: pick<CrawlerInput>(input, inputMembers),
        scheduleState: input.Schedule ? 'SCHEDULED' : 'NOT_SCHEDULED',
        state: 'READY',
        created: now,
        updated: now,
        version: 1,
      })
      addTags(context, `crawler/${input.Name}`, tags)
      return {}
    },

    GetCrawler: ({ Name }: Named) => ({ Crawler: shown(crawlers.get(Name)) }),

    GetCrawlers({ NextToken, MaxResults = 100 }: { NextToken?: string; MaxResults?: number }) {
      const records = crawlers.list(startAfter(NextToken) ?? '', MaxResults + 1)
      const { rows, next } = pageOf(records, MaxResults, ({ input }) => input.Name)
      return { Crawlers: rows.map(shown), ...next }
    },

    ListCrawlers({
      NextToken,
      MaxResults = 100,
      Tags: tags,
    }: {
      NextToken?: string
      MaxResults?: number
      Tags?: Tags
    }) {
      const after = startAfter(NextToken) ?? ''
      const records = tags
        ? crawlers.list(after, -1).filter(({ input }) => hasTags(context, `crawler/${input.Name}`, tags))
        : crawlers.list(after, MaxResults + 1)
      const { rows, next } = pageOf(records, MaxResults, ({ input }) => input.Name)
      return { CrawlerNames: rows.map(({ input }) => input.Name), ...next }
    },

    BatchGetCrawlers({ CrawlerNames }: { CrawlerNames: string[] }) {
      const records = CrawlerNames.map(found)
      return {
        Crawlers: records.filter((record) => record !== undefined).map(shown),
        CrawlersNotFound: CrawlerNames.filter((_, i) => !records[i]),
      }
    },

    UpdateCrawler(changes: Partial<CrawlerInput> & Named) {
      const record = crawlers.get(changes.Name)
      if (record.state !== 'READY') {
        const text = `Crawler with name ${changes.Name} cannot be updated while it runs`
        throw new GlueError('CrawlerRunningException', text)
      }
      const input = { ...record.input, ...pick(changes, inputMembers) }
      checkInput(input)
      checkClassifiers(input.Classifiers)
      crawlers.save({
        ...record,
        input,
        scheduleState: changes.Schedule ? 'SCHEDULED' : record.scheduleState,
        updated: Date.now() / 1000,
        version: record.version + 1,
      })
      return {}
    },

    DeleteCrawler({ Name }: Named) {
      if (crawlers.get(Name).state !== 'READY') {
        const text = `Crawler with name ${Name} cannot be deleted while it runs`
        throw new GlueError('CrawlerRunningException', text)
      }
      crawlers.delete(Name)
      deleteTags(context, `crawler/${Name}`)
      return {}
    },

    StartCrawler({ Name }: Named) {
      crawlers.start(Name)
      return {}
    },

    StopCrawler({ Name }: Named) {
      crawlers.stop(Name)
      return {}
    },

    ListCrawls({
      CrawlerName,
      NextToken,
      MaxResults = 20,
      Filters = [],
    }: {
      CrawlerName: string
      NextToken?: string
      MaxResults?: number
      Filters?: Filter[]
    }) {
      crawlers.get(CrawlerName)
      return crawlers.history.list(CrawlerName, MaxResults, NextToken, Filters)
    },

    GetCrawlerMetrics({
      CrawlerNameList,
      NextToken,
      MaxResults = 100,
    }: {
      CrawlerNameList?: string[]
      NextToken?: string
      MaxResults?: number
    }) {
      const after = startAfter(NextToken)
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

    UpdateCrawlerSchedule({ CrawlerName, Schedule }: { CrawlerName: string; Schedule?: string }) {
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

    StartCrawlerSchedule({ CrawlerName }: { CrawlerName: string }) {
      const record = scheduled(crawlers, CrawlerName)
      if (record.scheduleState === 'SCHEDULED') {
        const text = `Crawler schedule of ${CrawlerName} is already running`
        throw new GlueError('SchedulerRunningException', text)
      }
      crawlers.save({ ...record, scheduleState: 'SCHEDULED' })
      return {}
    },

    StopCrawlerSchedule({ CrawlerName }: { CrawlerName: string }) {
      const record = crawlers.get(CrawlerName)
      if (record.scheduleState === 'NOT_SCHEDULED') {
        const text = `Crawler schedule of ${CrawlerName} is not running`
        throw new GlueError('SchedulerNotRunningException', text)
      }
      crawlers.save({ ...record, scheduleState: 'NOT_SCHEDULED' })
      return {}
    },
  }
}

function scheduled(crawlers: Crawlers, name: string) {
  const record = crawlers.get(name)
  if (!record.input.Schedule) throw new GlueError('NoScheduleException', `Crawler ${name} has no schedule`)
  return record
}
