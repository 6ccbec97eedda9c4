import { expect, it } from 'vitest'
import type { Me } from '../api/types'
import { asks, commandOf, EMPTY, fieldsOf, isDeed, lacking, mineOf, proofOf } from './commanding'

const words = { zh: '报完成', en: 'Claim' }
const claim = { does: 'claim', words, needs: ['text', 'count', 'position', 'photo'] }
const HASH = 'a'.repeat(64)

it('sends numbers only where numbers were typed', () => {
  expect(proofOf({ ...EMPTY, text: ' done ', count: '2', lon: '106.5', lat: 'x' })).toEqual({ text: 'done', count: 2 })
  expect(proofOf(EMPTY)).toEqual({})
})

it('says what is still asked for', () => {
  expect(lacking(claim, EMPTY)).toEqual(['text', 'count', 'position', 'photo'])
  expect(lacking(claim, { ...EMPTY, text: 'ok', count: '0', lon: '106.5', lat: '29.5', photo: HASH })).toEqual([])
  const offer = { does: 'offer', words, needs: ['unit', 'text'] }
  expect(lacking(offer, EMPTY)).toEqual(['unit', 'text'])
  expect(lacking({ does: 'register', words, needs: ['choice'] }, { ...EMPTY, choice: 'patch' })).toEqual([])
  expect(lacking({ does: 'ask-extension', words, needs: ['text', 'span'] }, { ...EMPTY, text: 'why', span: '0' })).toEqual(['span'])
})

it('says that a position is the device\'s word only where it is', () => {
  const typed = { ...EMPTY, lon: '106.5', lat: '29.5' }
  expect(proofOf(typed)).toEqual({ lon: 106.5, lat: 29.5 })
  expect(proofOf({ ...typed, fromDevice: true })).toEqual({ lon: 106.5, lat: 29.5, from_device: true })
})

it('puts the fields of a form into the command', () => {
  expect(commandOf({ does: 'add-task', words, needs: [] }, 'C1', { ...EMPTY, text: 'a lamp', to: '500101', span: '2', spanHours: 24 }))
    .toEqual({ does: 'add-task', target: 'C1', text: 'a lamp', to: '500101', span: 172_800_000 })
  expect(commandOf(claim, 'T1', { ...EMPTY, text: 'ok', photo: HASH })).toEqual({ does: 'claim', target: 'T1', text: '', proof: { text: 'ok', photo: HASH } })
  expect(commandOf({ ...claim, does: 'second' }, 'C1', { ...EMPTY, text: 'ok', photo: HASH })).toEqual({ does: 'second', target: 'C1', text: 'ok', proof: { photo: HASH } })
})

it('lets a claim bring a photo that nobody asked for, and never sends it at one press', () => {
  expect(fieldsOf({ does: 'claim', words, needs: ['text'] })).toEqual(['text', 'photo', 'position'])
  expect(asks({ does: 'claim', words, needs: [] })).toBe(true)
  expect(asks({ does: 'sign', words, needs: [] })).toBe(false)
})

it('shows the steps that are mine, by unit and by post', () => {
  const me = { post: 'crew@11.drainage', unit: { id: '11.drainage' } } as unknown as Me
  const all = [
    { does: 'sign', words, needs: [], units: ['11.drainage'] },
    { does: 'offer', words, needs: [], units: ['11'] },
    { does: 'second', words, needs: [], units: [] },
    { does: 'merge', words, needs: [], units: ['11.drainage'], posts: ['duty'] },
  ]
  expect(mineOf(all, me).map((one) => one.does)).toEqual(['sign', 'second'])
  expect(mineOf(all, null)).toEqual([])
})

it('keeps what was done on the spot for later, and no decision', () => {
  expect(['sign', 'arrive', 'claim', 'second', 'report', 'verify'].every(isDeed)).toBe(true)
  expect(['register', 'return', 'pause', 'start', 'merge', 'decide'].some(isDeed)).toBe(false)
})
