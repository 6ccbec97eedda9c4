/** What every screen shares: who we are, the state under the unit looked at, and the server's time. */
import { computed, reactive, ref, shallowReactive, shallowRef } from 'vue'
import { hear, pace, readClock, startClock, type ClockState } from '../lib/clock'
import { api, Refused } from './client'
import { listen, type Line, type LineState } from './stream'
import type { Counters, Demo, Hello, LoopEvent, Me, PlaceState, SourceNote, Thing, Turn, Wall } from './types'

const MOST_EVENTS = 200
const TICK_MS = 250
/** Data older than this (in the server's time) is shown grey. */
export const STALE_MS = 15 * 60_000

export const hello = shallowRef<Hello | null>(null)
export const me = shallowRef<Me | null>(null)
export const counters = shallowRef<Counters | null>(null)
export const events = shallowRef<LoopEvent[]>([])
export const trouble = shallowRef<Refused | null>(null)
export const line = ref<LineState>('connecting')
/** States by code, outside Vue's tracking; `drawnAt` changes when they do. */
export const places = new Map<string, PlaceState>()
export const things = new Map<string, Thing>()
export const drawnAt = ref(0)
export const scope = ref('')
export const now = ref(0)
/** Stages that wrote facts in the newest turn, with how many. */
export const pulse = shallowReactive<{ seq: number; kinds: string[] }>({ seq: 0, kinds: [] })

const sources = computed(() => new Map((hello.value?.sources ?? []).map((one) => [one.indicator, one])))
export const sourceOf = (indicator: string): SourceNote | undefined => sources.value.get(indicator)
export const root = computed(() => hello.value?.centre.root ?? '')
export const zone = computed(() => hello.value?.zone_minutes ?? 480)
export const speed = computed(() => hello.value?.demo?.speed ?? 1)

type Touched = Turn['touched']
const watchers = new Set<(touched: Touched | null) => void>()
let clock: ClockState = startClock(Date.now(), performance.now())
let seq = 0
let open: Line | null = null
let load = 0

function showTime(): void {
  now.value = readClock(clock, performance.now())
}

/** Begin: once, before the first screen. */
export async function begin(): Promise<void> {
  setInterval(showTime, TICK_MS)
  await greet()
  void refreshMe()
}

async function greet(): Promise<void> {
  try {
    const said = await api.hello()
    hello.value = said
    clock = startClock(said.now, performance.now(), said.demo?.speed ?? 1, said.demo?.paused || said.demo?.ended)
    showTime()
    trouble.value = null
  } catch (error) {
    trouble.value = asRefused(error)
    setTimeout(() => void greet().then(() => scope.value && follow(scope.value, true)), 3_000)
  }
}

export async function refreshMe(): Promise<void> {
  try {
    me.value = await api.me()
  } catch {
    me.value = null
  }
}

/** Look at a unit: read its wall, then listen. Another unit drops the old one. */
export function follow(unit: string, again = false): void {
  if (!unit || (unit === scope.value && open && !again)) return
  const other = unit !== scope.value
  scope.value = unit
  if (other) events.value = []
  open?.close()
  open = listen(unit, { turn: onTurn, demo: onDemo, gap: () => void onGap(), state: (state) => (line.value = state) })
  void readWall()
}

async function readWall(): Promise<void> {
  const mine = ++load
  try {
    const wall = await api.wall(scope.value)
    if (mine === load) take(wall)
  } catch (error) {
    if (mine === load) trouble.value = asRefused(error)
  }
}

function take(wall: Wall): void {
  trouble.value = null
  seq = wall.seq
  heap = []
  places.clear()
  for (const [code, state] of Object.entries(wall.places)) places.set(code, state)
  things.clear()
  for (const thing of wall.things) things.set(thing.code, thing)
  events.value = wall.events.slice(0, MOST_EVENTS)
  counters.value = wall
  clock = hear(clock, wall.now, performance.now())
  drawnAt.value++
}

/** Turns come as fast as the loop turns; screens are told a few times a second. */
const FLUSH_MS = 200
let heap: Turn[] = []
let flushing: ReturnType<typeof setTimeout> | undefined

function onTurn(turn: Turn): void {
  // The journal never runs backwards: a smaller sequence is another run of the server.
  if (turn.seq < seq) return void onGap()
  seq = turn.seq
  clock = hear(clock, turn.now, performance.now())
  for (const [code, state] of Object.entries(turn.places ?? {})) places.set(code, { ...places.get(code), ...state })
  for (const [code, state] of Object.entries(turn.things ?? {})) {
    const thing = things.get(code)
    if (thing) things.set(code, { ...thing, ...state })
  }
  heap.push(turn)
  flushing ??= setTimeout(flush, FLUSH_MS)
}

function flush(): void {
  flushing = undefined
  const turns = heap
  heap = []
  const last = turns.at(-1)
  if (!last) return
  const fresh = turns.flatMap((turn) => turn.events).sort((a, b) => b.at - a.at)
  if (fresh.length) {
    const known = new Set(fresh.map((event) => event.id))
    events.value = [...fresh, ...events.value.filter((event) => !known.has(event.id))].slice(0, MOST_EVENTS)
  }
  counters.value = { ...counters.value, ...last }
  pulse.kinds = fresh.map((event) => event.kind)
  pulse.seq = last.seq
  if (turns.some((turn) => Object.keys(turn.places ?? {}).length || Object.keys(turn.things ?? {}).length)) drawnAt.value++
  const touched: Touched = { cases: turns.flatMap((turn) => turn.touched.cases), units: turns.flatMap((turn) => turn.touched.units) }
  for (const watch of watchers) watch(touched)
}

function onDemo(demo: Demo): void {
  if (hello.value) hello.value = { ...hello.value, demo }
  clock = pace(clock, performance.now(), demo.speed, demo.paused || demo.ended)
  showTime()
}

async function onGap(): Promise<void> {
  seq = 0
  await greet()
  await readWall()
  for (const watch of watchers) watch(null)
}

/** Be told what a turn touched; `null` means anything may have changed. Returns how to stop. */
export function onTouched(watch: (touched: Touched | null) => void): () => void {
  watchers.add(watch)
  return () => watchers.delete(watch)
}

export async function setDemo(wish: { speed?: number; paused?: boolean }): Promise<void> {
  const demo = hello.value?.demo
  if (demo) onDemo({ ...demo, ...wish })
  try {
    const answer = await api.demo(wish)
    if (answer && typeof answer.speed === 'number') onDemo(answer)
  } catch (error) {
    if (demo) onDemo(demo)
    trouble.value = asRefused(error)
  }
}

export function asRefused(error: unknown): Refused {
  return error instanceof Refused ? error : new Refused(0, { what: String(error) })
}

/** A read that is repeated when a turn touches it, at most once a second, and never two at a time. */
export function useRead<T>(read: () => Promise<T>, touches: (touched: Touched) => boolean) {
  const state = reactive({ value: null as T | null, error: null as Refused | null, loading: false })
  let turn = 0
  let waiting: ReturnType<typeof setTimeout> | undefined
  let last = 0
  async function again(): Promise<void> {
    const mine = ++turn
    state.loading = true
    last = Date.now()
    try {
      const value = await read()
      if (mine !== turn) return
      ;(state as { value: T | null }).value = value
      state.error = null
    } catch (error) {
      if (mine === turn) state.error = asRefused(error)
    } finally {
      if (mine === turn) state.loading = false
    }
  }
  function soon(): void {
    if (waiting || document.hidden) return
    waiting = setTimeout(() => {
      waiting = undefined
      void again()
    }, Math.max(0, 1_000 - (Date.now() - last)))
  }
  const forget = onTouched((touched) => {
    if (touched === null || touches(touched)) soon()
  })
  const onShow = (): void => {
    if (!document.hidden) soon()
  }
  document.addEventListener('visibilitychange', onShow)
  function stop(): void {
    turn++
    clearTimeout(waiting)
    forget()
    document.removeEventListener('visibilitychange', onShow)
  }
  return { state, again, stop }
}
