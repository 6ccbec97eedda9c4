/** Sending a person's command: one key a try-set, drafts kept until it went through, tries repeated while the line is down. */
import { reactive } from 'vue'
import { api, newKey, type Refused } from '../api/client'
import { asRefused, refreshMe } from '../api/live'
import type { Action, CommandBody, Me, Proof } from '../api/types'

export interface Draft {
  text: string; count: string; lon: string; lat: string; fromDevice: boolean
  photo: string; to: string; choice: string
  /** A number and the hours it counts in. */
  span: string; spanHours: number
}
export const EMPTY: Draft = { text: '', count: '', lon: '', lat: '', fromDevice: false, photo: '', to: '', choice: '', span: '', spanHours: 1 }

/** Verbs that carry evidence, and what may be brought with them though nobody asks for it. */
const ALSO: Record<string, string[]> = {
  arrive: [], claim: ['text', 'photo', 'position'], verify: ['text', 'photo'], second: ['text', 'photo', 'position'],
  report: ['text', 'photo', 'position'], found: ['text', 'photo', 'position'],
}
/** Never pressed by accident: a word or a choice comes first, or at least a second press. */
const MEANT = new Set(['withdraw', 'deny', 'merge', 'second', 'claim', 'verify'])
const HOUR_MS = 3_600_000
const keys = new Map<string, string>()

export function fieldsOf(action: Action): string[] {
  return [...new Set([...action.needs, ...(ALSO[action.does] ?? [])])]
}

/** Whether pressing it opens a form first. */
export function asks(action: Action): boolean {
  return action.needs.length > 0 || MEANT.has(action.does)
}

/** The steps that are mine to take from the post I am at. */
export function mineOf(actions: readonly Action[], me: Me | null): Action[] {
  const post = me?.post?.split('@')[0] ?? ''
  const unit = me?.unit?.id ?? ''
  if (!unit) return []
  return actions.filter((one) => (!one.units?.length || one.units.includes(unit)) && (!one.posts?.length || one.posts.includes(post)))
}

function store(target: string, does: string): string {
  return `bihuan.draft.${does}.${target}`
}

export function readDraft(target: string, does: string): Draft {
  try {
    return { ...EMPTY, ...(JSON.parse(sessionStorage.getItem(store(target, does)) ?? '{}') as Partial<Draft>) }
  } catch {
    return { ...EMPTY }
  }
}

export function keepDraft(target: string, does: string, draft: Draft): void {
  try {
    sessionStorage.setItem(store(target, does), JSON.stringify(draft))
  } catch {
    // A full or forbidden store costs the draft on reload, never the command.
  }
}

function forget(target: string, does: string): void {
  keys.delete(`${does}/${target}`)
  try {
    sessionStorage.removeItem(store(target, does))
  } catch {
    // As above.
  }
}

const numberOf = (typed: string): number | undefined => (typed.trim() !== '' && Number.isFinite(Number(typed)) ? Number(typed) : undefined)

/** What of a draft goes on the wire: numbers only where numbers were typed. */
export function proofOf(draft: Draft): Proof {
  const proof: Proof = {}
  if (draft.text.trim()) proof.text = draft.text.trim()
  if (draft.photo) proof.photo = draft.photo
  const [count, lon, lat] = [numberOf(draft.count), numberOf(draft.lon), numberOf(draft.lat)]
  if (count !== undefined) proof.count = count
  if (lon !== undefined && lat !== undefined) Object.assign(proof, { lon, lat }, draft.fromDevice ? { from_device: true } : {})
  return proof
}

export function spanOf(draft: Draft): number {
  return Math.max(0, Math.round((numberOf(draft.span) ?? 0) * draft.spanHours * HOUR_MS))
}

/** Fields that are asked for and still empty. */
export function lacking(action: Action, draft: Draft): string[] {
  const proof = proofOf(draft)
  const has: Record<string, boolean> = {
    text: !!proof.text, count: proof.count !== undefined, position: proof.lon !== undefined, photo: !!proof.photo,
    unit: !!draft.to, case: !!draft.to, choice: !!draft.choice, span: spanOf(draft) > 0,
  }
  return action.needs.filter((need) => has[need] === false)
}

/** The command of a filled form. */
export function commandOf(action: Action, target: string, draft: Draft): CommandBody {
  const said = proofOf(draft)
  // Once only: what a claim says is its evidence, what others say stands for itself.
  const own = action.does === 'claim'
  const { text, ...bare } = said
  const proof = own ? said : bare
  const evidence = action.does in ALSO && Object.keys(proof).length > 0
  return {
    does: action.does, target, text: own ? '' : (text ?? ''),
    ...(evidence ? { proof } : {}),
    ...(draft.to ? { to: draft.to } : {}),
    ...(draft.choice ? { choice: draft.choice } : {}),
    ...(spanOf(draft) ? { span: spanOf(draft) } : {}),
  }
}

/** Worth another try by itself: the line was down, or the centre could not take it just then. */
export const passing = (status: number): boolean => [0, 408, 429, 502, 503, 504].includes(status)

const LONGEST_PAUSE_MS = 15_000
/** How long to wait before the next try: 1, 2, 4, 8 s, then 15 s each. */
export const pauseOf = (tries: number): number => Math.min(LONGEST_PAUSE_MS, 1_000 * 2 ** (tries - 1))

/** Wait, but not longer than until the line is back or somebody asks for it. */
export function pause(ms: number): { over: Promise<void>; end: () => void } {
  let end = (): void => {}
  const over = new Promise<void>((resolve) => {
    const timer = setTimeout(() => end(), ms)
    end = () => {
      clearTimeout(timer)
      window.removeEventListener('online', end)
      resolve()
    }
    window.addEventListener('online', end)
  })
  return { over, end: () => end() }
}

const unsent = new Set<symbol>()
const warn = (event: BeforeUnloadEvent): void => event.preventDefault()

/** While something has not gone out, the browser asks before it leaves the page. Returns how to say that it has. */
export function holdPage(): () => void {
  const mine = Symbol('unsent')
  unsent.add(mine)
  window.addEventListener('beforeunload', warn)
  return () => {
    unsent.delete(mine)
    if (!unsent.size) window.removeEventListener('beforeunload', warn)
  }
}

export interface Sending { sending: string; error: Refused | null; sent: string; tries: number; facts: string[] }

export function useCommand() {
  const state = reactive<Sending>({ sending: '', error: null, sent: '', tries: 0, facts: [] })
  let waiting: { end: () => void } | null = null
  let given = false

  /** Send until it is taken or refused. While the line is down `tries` counts, and the same key goes out each time. */
  async function send(action: Action, target: string, draft: Draft, more: Partial<CommandBody> = {}): Promise<boolean> {
    const name = `${action.does}/${target}`
    if (state.sending) return false
    Object.assign(state, { sending: name, error: null, tries: 0 })
    given = false
    // The same key for every further try: a command that did arrive has no second effect.
    const key = keys.get(name) ?? newKey()
    keys.set(name, key)
    const command = { ...commandOf(action, target, draft), ...more }
    const letGo = holdPage()
    try {
      for (;;) {
        const refused = await attempt(key, command)
        if (!refused) break
        if (!passing(refused.status) || given) return fail(name, refused)
        state.tries++
        const rest = pause(pauseOf(state.tries))
        waiting = rest
        await rest.over
        if (given) return fail(name, refused)
      }
      forget(target, action.does)
      state.sent = name
      return true
    } finally {
      letGo()
      Object.assign(state, { sending: '', tries: 0 })
      waiting = null
    }
  }

  async function attempt(key: string, command: CommandBody): Promise<Refused | null> {
    try {
      state.facts = (await api.command(key, command)).facts
      return null
    } catch (error) {
      return asRefused(error)
    }
  }

  function fail(name: string, refused: Refused): false {
    ;(state as { error: Refused | null }).error = refused
    // Refused for good: the next try is another command.
    if (refused.status >= 400 && refused.status < 500 && !passing(refused.status)) keys.delete(name)
    if (refused.status === 403) void refreshMe()
    return false
  }

  /** Try at once instead of waiting. */
  const now = (): void => waiting?.end()
  /** Stop trying; what was typed stays. */
  function stop(): void {
    given = true
    waiting?.end()
  }
  return { state, send, now, stop }
}
