// The routes of saved charts: list, save, remove. They write small objects below `_control/`, and nothing else.
import type { FastifyInstance } from 'fastify'
import type { DashboardParts } from './parts.ts'
import { requireReadOnly } from './read-only.ts'
import { SavedCharts } from './saved-charts.ts'
import { chartBody, chartParams } from './schemas.ts'
import type { ChartToSave } from './wire.ts'

export function addChartRoutes(app: FastifyInstance, { aws, config, events }: DashboardParts): void {
  const charts = new SavedCharts(aws.bucket, config.lake)
  app.get('/api/charts', async () => ({ charts: await charts.list() }))
  app.post<{ Body: ChartToSave }>('/api/charts', { schema: { body: chartBody } }, async ({ body }) => {
    // It will run for everyone who opens the Charts tab.
    requireReadOnly(body.sql)
    const saved = await charts.save({ name: body.name.trim(), sql: body.sql, options: body.options })
    events.chartSaved(saved.name)
    return saved
  })
  app.post<{ Params: { id: string } }>(
    '/api/charts/:id/remove',
    { schema: { params: chartParams, body: { type: 'object' } } },
    async ({ params }) => {
      await charts.remove(params.id)
      events.chartRemoved(params.id)
      return {}
    },
  )
}
