import { expect, it, vi } from 'vitest'
import { Refused } from '../api/client'
import { EMPTY } from '../desk/commanding'
import { GRACE_MS, isVerdict, openOutbox, type Deed, type NewDeed } from './queue'
import { layered, memoryShelf, type Shelf } from './shelf'

const WORKER = { user: 'li', post: 'duty@11.drainage' }
const CUT = new Refused(0, { what: 'no network' })
const NO = new Refused(409, { what: 'the task is not yours any more', remedy: 'Ask 11.' }, true)

/** A centre that takes what it is given, once a key, or answers as it is told to. */
function centre() {
  const told: (Refused | null)[] = []
  const heard: { key: string; target: string }[] = []
  const effects = new Map<string, string>()
  const send = async (deed: Deed): Promise<string[]> => {
    heard.push({ key: deed.id, target: deed.command.target })
    const answer = told.shift()
    if (answer) throw answer
    effects.set(deed.id, deed.command.target)
    return [`fact-${deed.command.target}`]
  }
  return { told, heard, effects, send }
}

function page(parts: { disk?: Shelf<Deed>; at?: ReturnType<typeof centre>; me?: { user: string | null; post: string | null } } = {}) {
  const at = parts.at ?? centre()
  const disk = parts.disk ?? memoryShelf<Deed>()
  const gone: string[] = []
  const me = { now: parts.me ?? WORKER, asked: 0 }
  let n = 0
  const box = openOutbox({
    shelf: layered(disk), newKey: () => `key-${at.heard.length}-${++n}`, send: at.send, gone: (deed) => void gone.push(deed.id), alone: (work) => work(),
    who: async (anew) => {
      if (anew) me.asked++
      return me.now
    },
  })
  return { box, at, disk, gone, me }
}

function deed(target: string, more: Partial<NewDeed> = {}): NewDeed {
  const words = { zh: '报完成', en: 'Claim' }
  return {
    ...WORKER, lasting: true, at: 0, unit: words, about: null, action: { does: 'claim', words, needs: [] },
    draft: { ...EMPTY, text: `done at ${target}` }, command: { does: 'claim', target, proof: { text: `done at ${target}` } }, ...more,
  }
}
const targets = (box: ReturnType<typeof page>['box']): string[] => box.state.deeds.map((one) => one.command.target)

it('tells the form what became of a deed when the line is there', async () => {
  const { box, disk, gone } = page()
  const { outcome } = await box.add(deed('T1'))
  expect(await outcome).toEqual({ how: 'done', facts: ['fact-T1'] })
  await box.now()
  expect(await disk.all()).toEqual([])
  expect(gone).toHaveLength(1)
  expect(box.state.sent).toBeNull()
})

it('keeps a deed that the line did not take, and never calls it done', async () => {
  const { box, at, disk } = page()
  at.told.push(CUT)
  const { outcome } = await box.add(deed('T1'))
  expect(await outcome).toEqual({ how: 'kept' })
  expect(box.state.sent).toBeNull()
  expect((await disk.all()).map((one) => one.tries)).toEqual([1])
  expect(box.state.trouble).toBe(CUT)
})

it('sends what waited in its order, each with its first key, on another page after a reload', async () => {
  const { box, at, disk } = page()
  at.told.push(CUT, CUT, CUT)
  for (const target of ['T1', 'T2', 'T3']) await (await box.add(deed(target))).outcome
  const first = await disk.all()
  const next = page({ disk, at })
  await next.box.now()
  expect([...at.effects.values()]).toEqual(['T1', 'T2', 'T3'])
  expect([...at.effects.keys()].sort()).toEqual(first.map((one) => one.id).sort())
  expect(await disk.all()).toEqual([])
  expect(next.box.state.sent?.command.target).toBe('T3')
})

it('lets nothing overtake the deed that the line did not take', async () => {
  const { box, at } = page()
  at.told.push(CUT, CUT)
  await (await box.add(deed('T1'))).outcome
  await (await box.add(deed('T2'))).outcome
  expect(new Set(at.heard.map((one) => one.target))).toEqual(new Set(['T1']))
})

it('has one effect when the answer was lost on its way back', async () => {
  const at = centre()
  const lost = [CUT]
  const { box } = page({ at: { ...at, send: async (one) => {
    const facts = await at.send(one)
    const cut = lost.shift()
    if (cut) throw cut
    return facts
  } } })
  expect(await (await box.add(deed('T1'))).outcome).toEqual({ how: 'kept' })
  await box.now()
  expect(at.heard).toHaveLength(2)
  expect([...at.effects.values()]).toEqual(['T1'])
  expect(box.state.deeds).toEqual([])
})

it('gives a refusal back to the form that still holds what was typed', async () => {
  const { box, at, disk, gone } = page()
  at.told.push(NO)
  expect(await (await box.add(deed('T1'))).outcome).toEqual({ how: 'refused', error: NO })
  await box.now()
  expect(await disk.all()).toEqual([])
  expect(gone).toEqual([]) // the form still shows the photo
})

it('keeps a later refusal with its reason and all that was typed, and sends the next one', async () => {
  const { box, at, disk } = page()
  at.told.push(CUT, NO)
  await (await box.add(deed('T1'))).outcome
  const second = await box.add(deed('T2'))
  await second.outcome
  await box.now()
  const [left] = await disk.all()
  expect(left).toMatchObject({ refused: { status: 409, refusal: NO.refusal }, draft: { text: 'done at T1' } })
  expect([...at.effects.values()]).toEqual(['T2'])
  await box.now()
  expect(at.heard.filter((one) => one.target === 'T1')).toHaveLength(2) // a refused one is not sent again by itself
})

it('sends a mended deed as another command behind the others', async () => {
  const { box, at, disk } = page()
  at.told.push(CUT, NO)
  const { id, outcome } = await box.add(deed('T1'))
  await outcome
  await box.now()
  const old = box.state.deeds[0]!
  await box.again(old, { ...old.draft, text: 'better' }, { ...old.command, proof: { text: 'better' } })
  await box.now()
  expect(await disk.all()).toEqual([])
  expect([...at.effects.values()]).toEqual(['T1'])
  expect(at.effects.has(id)).toBe(false)
})

it('does not send in the name of another post or person, and does not let that stop the rest', async () => {
  const { box, at, me } = page()
  const other = await box.add(deed('T1', { post: 'duty@12.drainage' }))
  expect(await other.outcome).toEqual({ how: 'kept' })
  await (await box.add(deed('T3', { user: 'wang' }))).outcome
  expect(await (await box.add(deed('T2'))).outcome).toMatchObject({ how: 'done' })
  expect(box.state.elsewhere).toEqual(expect.arrayContaining([other.id]))
  me.now = { user: 'li', post: 'duty@12.drainage' }
  await box.now()
  expect([...at.effects.values()]).toEqual(['T2', 'T1'])
  expect(targets(box)).toEqual(['T3'])
})

it('asks again who acts after a lost session, and then sends', async () => {
  const { box, at, me } = page()
  at.told.push(new Refused(403, { what: 'you are at no post' }, true))
  await (await box.add(deed('T1'))).outcome
  expect(targets(box)).toEqual(['T1'])
  await box.now()
  expect(me.asked).toBe(1)
  expect(targets(box)).toEqual([])
})

it('takes only the centre\'s own no for one', () => {
  expect(isVerdict(NO)).toBe(true)
  expect(isVerdict(new Refused(404, { what: '404 Not Found' }))).toBe(false) // a log-in page of the network
  expect([401, 403, 408, 429, 500, 503].some((status) => isVerdict(new Refused(status, { what: 'x' }, true)))).toBe(false)
})

it('says what would not survive a reload where the disk is full or missing, and sends it all the same', async () => {
  const full: Shelf<Deed> = { all: () => Promise.reject(new Error('none')), ids: () => Promise.reject(new Error('none')), get: () => Promise.reject(new Error('none')), put: () => Promise.reject(new Error('full')), drop: () => Promise.reject(new Error('none')) }
  const { box, at } = page({ disk: full })
  at.told.push(CUT)
  await (await box.add(deed('T1'))).outcome
  expect(box.state.deeds.map((one) => one.lasting)).toEqual([false])
  expect(box.state.unread).toBe(true)
  await box.now()
  expect([...at.effects.values()]).toEqual(['T1'])
  expect(box.state.deeds).toEqual([])
})

it('keeps a deed that was let go by a person from going out', async () => {
  const { box, at, gone } = page()
  at.told.push(CUT)
  const { id, outcome } = await box.add(deed('T1'))
  await outcome
  await box.discard(box.state.deeds[0]!)
  await box.now()
  expect(at.effects.size).toBe(0)
  expect(gone).toEqual([id])
})

it('learns from the shelf that another page of this browser has sent it', async () => {
  const disk = memoryShelf<Deed>()
  const at = centre()
  let free = (): void => {}
  const held = new Promise<void>((resolve) => (free = resolve))
  const busy = openOutbox({ shelf: layered(disk), newKey: () => 'key-busy', send: at.send, gone: () => {}, who: async () => WORKER, alone: async (work) => held.then(work) })
  const { outcome } = await busy.add(deed('T1'))
  await page({ disk, at }).box.now()
  await busy.read()
  expect(await outcome).toMatchObject({ how: 'done' })
  free()
  await busy.now()
  expect(at.heard).toHaveLength(1)
})

it('leaves a slow deed to the outbox, so that the form is free', async () => {
  vi.useFakeTimers()
  const { box } = page({ at: { ...centre(), send: () => new Promise(() => {}) } })
  const { outcome } = await box.add(deed('T1'))
  await vi.advanceTimersByTimeAsync(GRACE_MS)
  expect(await outcome).toEqual({ how: 'kept' })
  expect(box.state.sending).not.toBe('')
  vi.useRealTimers()
})

it('tries again by itself, after growing pauses', async () => {
  vi.useFakeTimers()
  const { box, at } = page()
  at.told.push(CUT, CUT, CUT)
  await box.add(deed('T1'))
  for (const [ms, tries] of [[0, 1], [1_000, 2], [1_000, 2], [1_000, 3], [4_000, 4]] as const) {
    await vi.advanceTimersByTimeAsync(ms)
    expect(at.heard).toHaveLength(tries)
  }
  expect(box.state.deeds).toEqual([])
  vi.useRealTimers()
})
