import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { listen, type Ears } from './stream'

class FakeSource extends EventTarget {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSED = 2
  static all: FakeSource[] = []
  readyState = 0
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null
  constructor(readonly url: string) {
    super()
    FakeSource.all.push(this)
  }
  close(): void {
    this.readyState = FakeSource.CLOSED
  }
  opens(): void {
    this.readyState = FakeSource.OPEN
    this.onopen?.()
  }
  breaks(forGood: boolean): void {
    this.readyState = forGood ? FakeSource.CLOSED : FakeSource.CONNECTING
    this.onerror?.()
  }
  says(kind: string, data: unknown): void {
    this.dispatchEvent(Object.assign(new Event(kind), { data: JSON.stringify(data) }))
  }
}

class FakeDocument extends EventTarget {
  hidden = false
  hide(hidden: boolean): void {
    this.hidden = hidden
    this.dispatchEvent(new Event('visibilitychange'))
  }
}

const last = (): FakeSource => FakeSource.all.at(-1)!
let page: FakeDocument
let ears: { [K in keyof Ears]: ReturnType<typeof vi.fn> }

beforeEach(() => {
  vi.useFakeTimers()
  FakeSource.all = []
  page = new FakeDocument()
  vi.stubGlobal('EventSource', FakeSource)
  vi.stubGlobal('document', page)
  vi.stubGlobal('window', new EventTarget())
  ears = { turn: vi.fn(), demo: vi.fn(), gap: vi.fn(), state: vi.fn() }
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

it('hands on turns and asks for nothing again while the line holds', () => {
  listen('500000', ears as unknown as Ears)
  last().opens()
  last().says('turn', { seq: 7 })
  expect(ears.turn).toHaveBeenCalledWith({ seq: 7 })
  expect(ears.gap).not.toHaveBeenCalled()
})

it('has everything read again once a cut line is back', () => {
  listen('500000', ears as unknown as Ears)
  last().opens()
  last().breaks(false)
  expect(ears.state).toHaveBeenLastCalledWith('cut')
  last().opens()
  expect(ears.gap).toHaveBeenCalledTimes(1)
})

it('opens a new line when the browser gave up', () => {
  listen('500000', ears as unknown as Ears)
  last().breaks(true)
  vi.advanceTimersByTime(600)
  expect(FakeSource.all).toHaveLength(2)
})

it('reads again when the server cannot continue', () => {
  listen('500000', ears as unknown as Ears)
  last().opens()
  last().says('reset', { seq: 0 })
  expect(ears.gap).toHaveBeenCalledTimes(1)
})

it('gives its line back while the tab is hidden and reads everything on return', () => {
  listen('500000', ears as unknown as Ears)
  last().opens()
  page.hide(true)
  vi.advanceTimersByTime(61_000)
  expect(last().readyState).toBe(FakeSource.CLOSED)
  page.hide(false)
  last().opens()
  expect(FakeSource.all).toHaveLength(2)
  expect(ears.gap).toHaveBeenCalledTimes(1)
})

it('stays closed once it is closed', () => {
  const line = listen('500000', ears as unknown as Ears)
  last().breaks(true)
  line.close()
  vi.advanceTimersByTime(60_000)
  page.hide(true)
  page.hide(false)
  expect(FakeSource.all).toHaveLength(1)
})
