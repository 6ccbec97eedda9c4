/** The outbox: deeds go out in the order they were done, and stay until the centre took or refused them. */
import { reactive } from 'vue'
import { Refused } from '../api/client'
import type { Action, CommandBody, Refusal, Words } from '../api/types'
import type { Draft } from '../desk/commanding'
import { passing, pauseOf } from '../lib/retry'
import type { Kept, Layered } from './shelf'

/** What a person did at a post. Its id is the idempotency key: however often it goes out, it happens once. */
export interface Deed extends Kept {
  /** Order. */
  n: number
  /** When it was done, by this device's clock. */
  at: number
  user: string | null
  post: string
  unit: Words
  action: Action
  about: Words | null
  draft: Draft
  /** A photo in it has its name on this device. */
  command: CommandBody
  tries: number
  refused: { status: number; refusal: Refusal } | null
}
export type NewDeed = Omit<Deed, 'id' | 'n' | 'tries' | 'refused'>

/** `kept`: it waits here, the centre has not confirmed it. */
export type Outcome = { how: 'done'; facts: string[] } | { how: 'kept' } | { how: 'refused'; error: Refused }

export interface Parts {
  shelf: Layered<Deed>
  newKey: () => string
  /** Bring it to the centre, the photo first. Throws Refused. */
  send: (deed: Deed) => Promise<string[]>
  /** Who acts here now; asked anew where there is doubt. Throws Refused. */
  who: (anew: boolean) => Promise<{ user: string | null; post: string | null }>
  /** Deeds that are gone for good: their photos may go too. */
  gone: (deed: Deed) => void
  /** Run `work` while no other page of this browser does. */
  alone: (work: () => Promise<void>) => Promise<void>
  changed?: () => void
}

/** How long a form waits for the outcome before the deed is left to the outbox. */
export const GRACE_MS = 4_000

/** The centre itself has said no. Its troubles, a lost session and the pages of a network's log-in are no verdict. */
export const isVerdict = (error: Refused): boolean =>
  error.spoken && error.status >= 400 && error.status < 500 && ![401, 403].includes(error.status) && !passing(error.status)

export interface State {
  deeds: Deed[]
  /** The one on its way. */
  sending: string
  /** Failed tries since the line last took something, and why the last failed. */
  tries: number
  trouble: Refused | null
  /** Deeds of another person or post than those of this page now. */
  elsewhere: string[]
  /** Deeds whose form is still open and shows what becomes of them. */
  watched: string[]
  /** The newest that went out after it had waited here. */
  sent: Deed | null
  unread: boolean
}

export type Outbox = ReturnType<typeof openOutbox>

export function openOutbox(parts: Parts) {
  const state: State = reactive({ deeds: [], sending: '', tries: 0, trouble: null, elsewhere: [], watched: [], sent: null, unread: false })
  const watchers = new Map<string, (outcome: Outcome) => void>()
  let reads = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: Promise<void> | null = null
  let asked = false
  let doubt = false

  async function read(): Promise<void> {
    const mine = ++reads
    const found = await parts.shelf.all()
    if (mine !== reads) return
    // Another page of this browser may have sent it for us.
    for (const id of watchers.keys())
      if (state.deeds.some((one) => one.id === id) && !found.some((one) => one.id === id)) settle(id, { how: 'done', facts: [] })
    state.deeds = found.sort((a, b) => a.n - b.n || (a.id < b.id ? -1 : 1))
    state.unread = parts.shelf.unread()
  }
  async function put(deed: Deed): Promise<void> {
    await parts.shelf.put(JSON.parse(JSON.stringify(deed)) as Deed) // what is reactive cannot be stored
    await read()
    parts.changed?.()
  }
  async function drop(deed: Deed): Promise<void> {
    await parts.shelf.drop(deed.id)
    await read()
    parts.changed?.()
  }

  function settle(id: string, outcome: Outcome): void {
    watchers.get(id)?.(outcome)
    watchers.delete(id)
    state.watched = [...watchers.keys()]
  }
  const leaveAll = (): void => [...watchers.keys()].forEach((id) => settle(id, { how: 'kept' }))

  /** Keep a deed, then try to send it. What comes of it within `GRACE_MS` is told; after that it is the outbox's. */
  async function add(deed: NewDeed): Promise<{ id: string; outcome: Promise<Outcome> }> {
    const id = parts.newKey()
    const outcome = new Promise<Outcome>((resolve) => watchers.set(id, resolve))
    state.watched = [...watchers.keys()]
    await put({ ...deed, id, n: after(), tries: 0, refused: null })
    setTimeout(() => settle(id, { how: 'kept' }), GRACE_MS)
    void now()
    return { id, outcome }
  }
  const after = (): number => (state.deeds.at(-1)?.n ?? 0) + 1

  /** A refused deed, mended: another command with another key, behind the others. */
  async function again(old: Deed, draft: Draft, command: CommandBody): Promise<void> {
    await put({ ...old, id: parts.newKey(), n: after(), draft, command, tries: 0, refused: null })
    await drop(old)
    void now()
  }
  async function discard(deed: Deed): Promise<void> {
    await drop(deed)
    parts.gone(deed)
  }

  /** Try at once. One round runs at a time. */
  function now(): Promise<void> {
    clearTimeout(timer)
    asked = true
    running ??= parts.alone(round).finally(() => {
      running = null
      return asked ? now() : undefined
    })
    return running
  }
  async function round(): Promise<void> {
    while (asked) {
      asked = false
      await read()
      if (!(await walk())) return
    }
  }
  /** Send until nothing is left that may go; false where the line did not take one. */
  async function walk(): Promise<boolean> {
    const passed: string[] = []
    for (;;) {
      const deed = state.deeds.find((one) => !one.refused && !passed.includes(one.id))
      state.elsewhere = [...passed]
      if (!deed) return true
      try {
        const me = await parts.who(doubt)
        doubt = false
        if (me.post !== deed.post || me.user !== deed.user) {
          passed.push(deed.id)
          settle(deed.id, { how: 'kept' })
          continue
        }
        state.sending = deed.id
        await done(deed, await parts.send(deed))
      } catch (error) {
        const refused = error instanceof Refused ? error : new Refused(0, { what: String(error) })
        if (state.sending !== deed.id || !isVerdict(refused)) return rest(deed, refused)
        await refuse(deed, refused)
      } finally {
        state.sending = ''
      }
    }
  }
  async function done(deed: Deed, facts: string[]): Promise<void> {
    Object.assign(state, { tries: 0, trouble: null })
    if (watchers.has(deed.id)) settle(deed.id, { how: 'done', facts })
    else state.sent = deed
    await drop(deed)
    parts.gone(deed)
  }
  async function refuse(deed: Deed, error: Refused): Promise<void> {
    Object.assign(state, { tries: 0, trouble: null })
    // Its form still holds all of it; otherwise it is kept with the reason until somebody mends it or lets it go.
    if (watchers.has(deed.id)) {
      settle(deed.id, { how: 'refused', error })
      await drop(deed)
    } else await put({ ...deed, tries: deed.tries + 1, refused: { status: error.status, refusal: error.refusal } })
  }
  async function rest(deed: Deed, error: Refused): Promise<false> {
    const went = state.sending === deed.id
    doubt = true
    state.tries++
    state.trouble = error
    leaveAll()
    if (went && state.deeds.some((one) => one.id === deed.id)) await put({ ...deed, tries: deed.tries + 1 })
    clearTimeout(timer)
    timer = setTimeout(() => void now(), pauseOf(state.tries))
    return false
  }

  return {
    state, add, again, discard, now, read,
    /** A form that was waiting has gone. */
    leave: (id: string) => settle(id, { how: 'kept' }),
  }
}
