// The colours of the style sheet for canvases, which cannot use CSS, and when they change.
import { useEffect, useState } from 'preact/hooks'

export interface Theme {
  readonly surface: string
  readonly ink: string
  readonly muted: string
  readonly line: string
  readonly accent: string
  readonly second: string
  readonly fill: string
  readonly up: string
  readonly down: string
}

function themeNow(): Theme {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  return {
    surface: colour('--surface'),
    ink: colour('--ink'),
    muted: colour('--muted'),
    line: colour('--line'),
    accent: colour('--accent'),
    second: colour('--second'),
    fill: colour('--accent-faint'),
    up: colour('--up'),
    down: colour('--down'),
  }
}

export function useTheme(): Theme {
  const [theme, setTheme] = useState(themeNow)
  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)')
    const changed = () => setTheme(themeNow())
    dark.addEventListener('change', changed)
    return () => dark.removeEventListener('change', changed)
  }, [])
  return theme
}
