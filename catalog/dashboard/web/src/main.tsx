// The page begins here.
import { render } from 'preact'
import { App } from './app.tsx'
import { followStream } from './live-data.ts'
import './styles.css'

followStream()
render(<App />, document.getElementById('app')!)
