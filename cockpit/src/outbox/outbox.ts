/** The outbox of this browser: one, shared by all pages. Deeds outlive a reload; to open the page itself takes a network. */
import { ref, shallowRef, watch } from 'vue'
import { api, newKey } from '../api/client'
import { line, me } from '../api/live'
import type { CommandBody } from '../api/types'
import type { Draft } from '../desk/commanding'
import { holdPage } from '../lib/retry'
import { dropPhoto, isHere, photoOf, sweepPhotos, upload } from './photos'
import { openOutbox, type Deed, type NewDeed } from './queue'
import { diskShelf, layered } from './shelf'

const NAME = 'bihuan.outbox'
const TURN_MS = 20_000
/** How much of the photo on its way has gone out, 0-1. */
export const share = shallowRef(0)
/** Whether the list of deeds is open. */
export const listed = ref(false)
const channel = typeof BroadcastChannel === 'function' ? new BroadcastChannel(NAME) : null

export const outbox = openOutbox({
  shelf: layered(diskShelf<Deed>('deeds')),
  newKey,
  send,
  who,
  gone: (deed) => void letGo(deed.draft.photo),
  alone,
  changed: () => channel?.postMessage(''),
})

async function send(deed: Deed): Promise<string[]> {
  const { command } = deed
  share.value = 0
  if (!isHere(command.proof?.photo)) return (await api.command(deed.id, command)).facts
  const kept = await upload(command.proof.photo, (part) => (share.value = part))
  share.value = 1
  return (await api.command(deed.id, { ...command, proof: { ...command.proof, photo: kept.photo } })).facts
}

async function who(anew: boolean): Promise<{ user: string | null; post: string | null }> {
  if (anew || !me.value) me.value = await api.me()
  return me.value
}

/** One page of this browser sends at a time. Where pages cannot agree the keys alone see to it that nothing happens twice. */
async function alone(work: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return work()
  let began = false
  const mine = (): Promise<void> => {
    began = true
    return work()
  }
  try {
    await navigator.locks.request(NAME, { signal: AbortSignal.timeout(TURN_MS) }, mine)
  } catch (trouble) {
    if (began) throw trouble
    await work() // a page that sleeps holds the lock
  }
}

/** A deed lasts only if its photo does. */
async function lasts(draft: Draft): Promise<boolean> {
  return !isHere(draft.photo) || ((await photoOf(draft.photo))?.lasting ?? true)
}

/** Put a deed into the outbox. */
export async function keepDeed(deed: Omit<NewDeed, 'lasting' | 'at'>): ReturnType<typeof outbox.add> {
  return outbox.add({ ...deed, at: Date.now(), lasting: await lasts(deed.draft) })
}

/** Send a refused deed again as it is now written. */
export async function mendDeed(old: Deed, draft: Draft, command: CommandBody): Promise<void> {
  await outbox.again({ ...old, lasting: await lasts(draft) }, draft, command)
  await letGo(old.draft.photo)
}

/** Drop a photo that no deed needs. */
export async function letGo(photo: string): Promise<void> {
  if (isHere(photo) && !outbox.state.deeds.some((one) => one.draft.photo === photo)) await dropPhoto(photo)
}

/** What kept deeds from going out may have passed. */
function wake(): void {
  if (outbox.state.deeds.some((one) => !one.refused)) void outbox.now()
}

export async function startOutbox(): Promise<void> {
  window.addEventListener('online', wake)
  window.addEventListener('pageshow', wake)
  document.addEventListener('visibilitychange', () => document.hidden || wake())
  if (channel) channel.onmessage = () => void outbox.read()
  watch(line, (state) => state === 'open' && wake())
  watch(() => [me.value?.user, me.value?.post], () => {
    if (outbox.state.elsewhere.length) wake()
  })
  let release: (() => void) | null = null
  watch(() => outbox.state.deeds.some((one) => !one.lasting), (loose) => {
    if (!loose) release?.()
    release = loose ? holdPage() : null
  })
  await outbox.now()
  await sweepPhotos(new Set(outbox.state.deeds.map((one) => one.draft.photo)))
}

/** What waits here for a task or case. */
export const waitingFor = (target: string): Deed[] =>
  outbox.state.deeds.filter((one) => one.command.target === target && !outbox.state.watched.includes(one.id))

export type DeedState = 'refused' | 'sending' | 'elsewhere' | 'waiting'
export function stateOf(deed: Deed): DeedState {
  if (deed.refused) return 'refused'
  if (outbox.state.sending === deed.id) return 'sending'
  return outbox.state.elsewhere.includes(deed.id) ? 'elsewhere' : 'waiting'
}
