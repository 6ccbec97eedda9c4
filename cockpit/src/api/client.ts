/** The live window and the office door, typed. Every request has a limit; every failure becomes a `Refused`. */
import type { Topology } from 'topojson-specification'
import type {
  Case, CaseRow, ClosingRow, CommandBody, Comparison, Demo, Desk, Explanation, Frames, Hello, IndicatorVitals, KeptPhoto, LoopEvent, Me, Period, Refusal, Review, ReviewRow,
  Scores, Series, TreeName, Unit, Vitals, Wall,
} from './types'

const LIMIT_MS = 20_000

/** What went wrong and what to do about it, in the server's words where it gave any. */
export class Refused extends Error {
  constructor(readonly status: number, readonly refusal: Refusal) {
    super(refusal.what)
  }
}

async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  let answer: Response
  try {
    answer = await fetch(path, { ...init, credentials: 'same-origin', signal: init.signal ?? AbortSignal.timeout(LIMIT_MS) })
  } catch (trouble) {
    throw new Refused(0, { what: trouble instanceof Error ? trouble.message : String(trouble), where: path, remedy: '' })
  }
  if (!answer.ok) throw new Refused(answer.status, await refusalOf(answer, path))
  return (await answer.json()) as T
}

async function refusalOf(answer: Response, path: string): Promise<Refusal> {
  const bare = { what: `${answer.status} ${answer.statusText}`, where: path, remedy: '' }
  try {
    const body = (await answer.json()) as Partial<Refusal>
    return typeof body.what === 'string' ? { ...bare, ...body } : bare
  } catch {
    return bare
  }
}

function query(values: Record<string, string | number | undefined>): string {
  const set = Object.entries(values).filter(([, value]) => value !== undefined && value !== '')
  return set.length ? `?${new URLSearchParams(set.map(([name, value]) => [name, String(value)]))}` : ''
}

const part = encodeURIComponent
let csrf = ''

async function tell<T>(path: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json', 'X-CSRFToken': csrf }
  return ask<T>(path, { method: 'POST', headers, body: JSON.stringify(body) })
}

function remember(me: Me): Me {
  csrf = me.csrf
  return me
}

/** Idempotency key: also where `randomUUID` is missing because the page came over plain http from another machine. */
export function newKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

export const api = {
  hello: () => ask<Hello>('/live/hello'),
  geo: () => ask<Topology>('/live/geo'),
  units: (parent: string) => ask<Unit[]>(`/live/units${query({ parent })}`),
  wall: (unit: string) => ask<Wall>(`/live/wall${query({ unit })}`),
  frames: (unit: string) => ask<Frames>(`/live/frames${query({ unit })}`),
  desk: (unit: string) => ask<Desk>(`/live/desk/${part(unit)}`),
  cases: (unit: string, state: string, limit = 200) => ask<CaseRow[]>(`/live/cases${query({ unit, state, limit })}`),
  case: (id: string) => ask<Case>(`/live/case/${part(id)}`),
  explain: (id: string) => ask<Explanation>(`/live/explain/${part(id)}`),
  series: (indicator: string, place: string, since?: number, until?: number) =>
    ask<Series>(`/live/series/${part(indicator)}/${part(place)}${query({ since, until })}`),
  news: (unit: string, until: number, limit = 60) => ask<LoopEvent[]>(`/live/news${query({ unit, until, limit })}`),
  reviews: () => ask<ReviewRow[]>('/live/reviews'),
  review: (id: string) => ask<Review>(`/live/review/${part(id)}`),
  vitals: (place: string, heading: { plate?: string; track?: string; sub_track?: string }, tree: TreeName) =>
    ask<Vitals>(`/live/vitals${query({ place, ...heading, tree })}`),
  indicatorVitals: (indicator: string, place: string, tree: TreeName) =>
    ask<IndicatorVitals>(`/live/vitals/${part(indicator)}${query({ place, tree })}`),
  compare: (indicator: string, place: string, period: Period, tree: TreeName) =>
    ask<Comparison>(`/live/compare${query({ indicator, place, period, tree })}`),
  scores: (scorecard: string, period: string) => ask<Scores>(`/live/scores${query({ scorecard, period })}`),
  closing: () => ask<ClosingRow[]>('/live/closing'),
  demo: (wish: { speed?: number; paused?: boolean }) => tell<Demo | null>('/live/demo', wish),
  me: async () => remember(await ask<Me>('/office/me')),
  take: async (post: string) => remember(await tell<Me>('/office/take', { post })),
  leave: async () => {
    await tell<unknown>('/office/leave', {})
    return api.me()
  },
  /** Send a command. The same `key` never has a second effect, so a try after a cut line reuses it. */
  command: (key: string, command: CommandBody) => tell<{ facts: string[] }>('/office/commands', { key, ...command }),
  photo: sendPhoto,
}

const PHOTO_LIMIT_MS = 130_000

/** Send a photo's bytes. The same bytes again are the same photo, so a try after a cut line costs nothing but time. `told` gets 0-1. */
function sendPhoto(file: Blob, told: (share: number) => void): Promise<KeptPhoto> {
  return new Promise((resolve, reject) => {
    const line = new XMLHttpRequest() // fetch does not say how much of a body has gone out
    const lost = (what: string) => reject(new Refused(0, { what, where: '/office/evidence', remedy: '' }))
    line.open('POST', '/office/evidence')
    line.timeout = PHOTO_LIMIT_MS
    line.setRequestHeader('content-type', 'application/octet-stream')
    line.setRequestHeader('X-CSRFToken', csrf)
    line.upload.onprogress = (event) => event.lengthComputable && told(event.loaded / event.total)
    line.onerror = () => lost('the line was cut')
    line.ontimeout = () => lost('the line was too slow')
    line.onload = () => {
      let body: unknown
      try {
        body = JSON.parse(line.responseText)
      } catch {
        body = { what: `${line.status} ${line.statusText}` }
      }
      if (line.status === 200) resolve(body as KeptPhoto)
      else reject(new Refused(line.status, body as Refusal))
    }
    line.send(file)
  })
}
