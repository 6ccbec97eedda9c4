/** The live window and the office door, typed. Every request has a limit; every failure becomes a `Refused`. */
import type { Topology } from 'topojson-specification'
import type {
  Case, CaseRow, ClosingRow, CommandBody, Comparison, Demo, Desk, Explanation, Frames, Hello, IndicatorVitals, KeptPhoto, LoopEvent, Me, Period, Refusal, Review, ReviewRow,
  Scores, Series, TreeName, Unit, Vitals, Wall,
} from './types'

const LIMIT_MS = 20_000

/** What went wrong and what to do about it, in the server's words where it gave any. */
export class Refused extends Error {
  /** `spoken`: in the centre's own words, not those of something on the way to it. */
  constructor(readonly status: number, readonly refusal: Refusal, readonly spoken = false) {
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
  if (!answer.ok) throw refusedBy(answer.status, `${answer.status} ${answer.statusText}`, path, await answer.json().catch(() => null))
  return (await answer.json()) as T
}

function refusedBy(status: number, bare: string, where: string, body: unknown): Refused {
  const said = body as Partial<Refusal> | null
  const spoken = typeof said?.what === 'string'
  return new Refused(status, { what: bare, where, remedy: '', ...(spoken ? said : {}) }, spoken)
}

function query(values: Record<string, string | number | undefined>): string {
  const set = Object.entries(values).filter(([, value]) => value !== undefined && value !== '')
  return set.length ? `?${new URLSearchParams(set.map(([name, value]) => [name, String(value)]))}` : ''
}

const part = encodeURIComponent
let csrf = ''

async function tell<T>(path: string, body: unknown): Promise<T> {
  if (!csrf) await api.me() // a thumb may be faster than the page's first question
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
  closing: (unit: string) => ask<ClosingRow[]>(`/live/closing${query({ unit })}`),
  demo: (wish: { speed?: number; paused?: boolean }) => tell<Demo | null>('/live/demo', wish),
  me: async () => remember(await ask<Me>('/office/me')),
  take: async (post: string) => remember(await tell<Me>('/office/take', { post })),
  leave: async () => {
    await tell<unknown>('/office/leave', {})
    return api.me()
  },
  /** Send a command. The same `key` never has a second effect, so a try after a cut line reuses it. */
  command: async (key: string, command: CommandBody) => {
    const answer = await tell<{ facts: string[] }>('/office/commands', { key, ...command })
    // A network's log-in page answers 200 to anything: only the centre names facts.
    if (!Array.isArray(answer?.facts)) throw new Refused(0, { what: 'this was not the centre', where: '/office/commands', remedy: '' })
    return answer
  },
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
      let body: unknown = null
      try {
        body = JSON.parse(line.responseText)
      } catch {
        // Not the centre's: below.
      }
      const kept = body as KeptPhoto | null
      if (line.status === 200 && typeof kept?.photo === 'string') resolve(kept)
      else if (line.status === 200) lost('this was not the centre')
      else reject(refusedBy(line.status, `${line.status} ${line.statusText}`, '/office/evidence', body))
    }
    line.send(file)
  })
}
