/** Sending a person's command: one key a try-set, drafts kept until it went through. */
import { reactive } from 'vue'
import { api, newKey, type Refused } from '../api/client'
import { asRefused, refreshMe } from '../api/live'
import type { Action, Proof } from '../api/types'

export interface Draft { text: string; count: string; lon: string; lat: string }
export const EMPTY: Draft = { text: '', count: '', lon: '', lat: '' }

const WITH_PROOF = new Set(['arrive', 'claim', 'verify'])
const keys = new Map<string, string>()

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

/** What of a draft goes on the wire: numbers only where numbers were typed. */
export function proofOf(draft: Draft): Proof {
  const number = (typed: string): number | undefined => (typed.trim() !== '' && Number.isFinite(Number(typed)) ? Number(typed) : undefined)
  const proof: Proof = {}
  if (draft.text.trim()) proof.text = draft.text.trim()
  const [count, lon, lat] = [number(draft.count), number(draft.lon), number(draft.lat)]
  if (count !== undefined) proof.count = count
  if (lon !== undefined && lat !== undefined) Object.assign(proof, { lon, lat })
  return proof
}

/** Fields that are asked for and still empty. A photo is brought by the field app. */
export function lacking(action: Action, draft: Draft): string[] {
  const proof = proofOf(draft)
  return action.needs.filter((need) => (need === 'text' && !proof.text) || (need === 'count' && proof.count === undefined) || (need === 'position' && proof.lon === undefined))
}

export function useCommand() {
  const state = reactive({ sending: '', error: null as Refused | null, sent: '' })
  async function send(action: Action, target: string, draft: Draft): Promise<boolean> {
    const name = `${action.does}/${target}`
    if (state.sending) return false
    state.sending = name
    state.error = null
    // The same key for a second try: a command that did arrive has no second effect.
    const key = keys.get(name) ?? newKey()
    keys.set(name, key)
    try {
      const proof = proofOf(draft)
      await api.command(key, { does: action.does, target, text: draft.text.trim(), ...(WITH_PROOF.has(action.does) && Object.keys(proof).length ? { proof } : {}) })
      forget(target, action.does)
      state.sent = name
      return true
    } catch (error) {
      const refused = asRefused(error)
      ;(state as { error: Refused | null }).error = refused
      // Refused for good: the next try is another command.
      if (refused.status >= 400 && refused.status < 500) keys.delete(name)
      if (refused.status === 403) void refreshMe()
      return false
    } finally {
      state.sending = ''
    }
  }
  return { state, send }
}
