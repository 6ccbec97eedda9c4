/** The event line: reconnects by itself, rests while the tab is hidden, and says when everything must be read again. */
import type { Demo, Turn } from './types'

export type LineState = 'connecting' | 'open' | 'cut' | 'resting'
export interface Line { close(): void }
export interface Ears {
  turn(turn: Turn): void
  demo(demo: Demo): void
  /** Something may have been missed: read everything again. */
  gap(): void
  state(state: LineState): void
}

const HIDDEN_REST_MS = 60_000
const RETRY_MS = [500, 1_000, 2_000, 5_000, 10_000]

export function listen(unit: string, ears: Ears): Line {
  let source: EventSource | null = null
  let tries = 0
  let missed = false
  let retry: ReturnType<typeof setTimeout> | undefined
  let rest: ReturnType<typeof setTimeout> | undefined
  let ended = false

  function open(): void {
    if (ended) return
    clearTimeout(retry)
    source?.close()
    ears.state('connecting')
    const line = new EventSource(`/live/events?unit=${encodeURIComponent(unit)}`)
    source = line
    line.onopen = () => {
      tries = 0
      ears.state('open')
      if (missed) ears.gap()
      missed = false
    }
    line.addEventListener('turn', (event) => ears.turn(JSON.parse((event as MessageEvent<string>).data) as Turn))
    line.addEventListener('demo', (event) => ears.demo(JSON.parse((event as MessageEvent<string>).data) as Demo))
    line.addEventListener('reset', () => ears.gap())
    line.onerror = () => {
      missed = true
      ears.state('cut')
      // The browser retries by itself (with Last-Event-ID) unless it gave up for good.
      if (line.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)])
    }
  }

  function shut(): void {
    clearTimeout(retry)
    source?.close()
    source = null
    missed = true
  }

  // A hidden tab keeps one of the browser's six lines to the server: give it back, and read everything on return.
  function onVisibility(): void {
    clearTimeout(rest)
    if (document.hidden) {
      rest = setTimeout(() => {
        shut()
        ears.state('resting')
      }, HIDDEN_REST_MS)
    } else if (!source) open()
  }

  const onOnline = (): void => {
    if (!source || source.readyState !== EventSource.OPEN) open()
  }

  document.addEventListener('visibilitychange', onVisibility)
  window.addEventListener('online', onOnline)
  open()
  return {
    close() {
      ended = true
      clearTimeout(rest)
      shut()
      document.removeEventListener('visibilitychange', onVisibility)
      window.removeEventListener('online', onOnline)
    },
  }
}

