import { expect, it } from 'vitest'
import { find, type Entry } from './search'

const entries: Entry[] = [
  { id: '500101', words: { zh: '万州区', en: 'Wanzhou' }, kind: 'district', to: '' },
  { id: '500101001', words: { zh: '高笋塘街道', en: 'Gaosuntang' }, kind: 'town', to: '' },
  { id: '500103', words: { zh: '渝中区', en: 'Yuzhong' }, kind: 'district', to: '' },
]

it('finds by Chinese, by pinyin and by code', () => {
  expect(find(entries, '渝中')[0]?.id).toBe('500103')
  expect(find(entries, 'GAO sun')[0]?.id).toBe('500101001')
  expect(find(entries, '500101').map((entry) => entry.id)).toEqual(['500101', '500101001'])
})

it('finds nothing rather than anything', () => {
  expect(find(entries, 'zzz')).toEqual([])
})
