// Starts the dashboard in the browser.
import { render } from 'preact'
import './base.css'
import { App } from './app.tsx'
import { followStream } from './live/live-data.ts'

followStream()
render(<App />, document.getElementById('app')!)
