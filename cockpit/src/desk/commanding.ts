/** Sending a person's command. What was done on the spot goes through the outbox; decisions are tried while the page stays open. */
import { onScopeDispose, reactive } from 'vue'
import { api, newKey, type Refused } from '../api/client'
import { asRefused, me, refreshMe } from '../api/live'
import type { Action, CommandBody, Me, Proof, Words } from '../api/types'
import { holdPage, passing, pause, pauseOf } from '../lib/retry'
import { keepDeed, outbox } from '../outbox/outbox'

export interface Draft {
  text: string; count: string; lon: string; lat: string; fromDevice: boolean
  /** Its name on this device, or the centre's. */
  photo: string
  to: string; choice: string
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

/** Done on the spot, where there may be no network. A decision is not kept: sent hours later it may be wrong. */
export const isDeed = (does: string): boolean => does === 'sign' || does in ALSO

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

export interface Sending { sending: string; error: Refused | null; sent: string; tries: number; facts: string[] }

/** `kept`: it lies in the outbox, the centre has not confirmed it. */
export type How = 'done' | 'kept' | 'refused'

export function useCommand() {
  const state = reactive<Sending>({ sending: '', error: null, sent: '', tries: 0, facts: [] })
  let waiting: { end: () => void } | null = null
  let given = false
  let watched = ''
  let left = false
  onScopeDispose(() => {
    left = true
    outbox.leave(watched)
  }, true)

  async function send(action: Action, target: string, draft: Draft, more: Partial<CommandBody> = {}, about: Words | null = null): Promise<How> {
    const name = `${action.does}/${target}`
    if (state.sending) return 'refused'
    Object.assign(state, { sending: name, error: null, tries: 0 })
    if (isDeed(action.does) && me.value?.unit && me.value.post) return deed(me.value.post, me.value.unit.words, action, target, draft, more, about)
    return decide(name, action, target, draft, more)
  }

  /** Into the outbox; what becomes of it within a few seconds is told here. */
  async function deed(post: string, unit: Words, action: Action, target: string, draft: Draft, more: Partial<CommandBody>, about: Words | null): Promise<How> {
    try {
      const command = { ...commandOf(action, target, draft), ...more }
      const kept = await keepDeed({ user: me.value?.user ?? null, post, unit, action, about, draft: { ...draft }, command })
      watched = kept.id
      if (left) outbox.leave(watched)
      const outcome = await kept.outcome
      if (outcome.how === 'refused') return fail(`${action.does}/${target}`, outcome.error)
      if (outcome.how === 'done') Object.assign(state, { facts: outcome.facts, sent: `${action.does}/${target}` })
      forget(target, action.does)
      return outcome.how
    } finally {
      watched = ''
      state.sending = ''
    }
  }

  /** Send until it is taken or refused. While the line is down `tries` counts, and the same key goes out each time. */
  async function decide(name: string, action: Action, target: string, draft: Draft, more: Partial<CommandBody>): Promise<How> {
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
      return 'done'
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

  function fail(name: string, refused: Refused): 'refused' {
    ;(state as { error: Refused | null }).error = refused
    // Refused for good: the next try is another command.
    if (refused.status >= 400 && refused.status < 500 && !passing(refused.status)) keys.delete(name)
    if (refused.status === 403) void refreshMe()
    return 'refused'
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
