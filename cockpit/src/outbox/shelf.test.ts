import { expect, it } from 'vitest'
import { layered, memoryShelf, type Kept, type Shelf } from './shelf'

interface Box extends Kept { what: string }
const box = (id: string, what = 'photo', lasting = true): Box => ({ id, what, lasting })

/** A disk that is taken away and given back. */
function disk(): Shelf<Box> & { broken: boolean; held: Shelf<Box> } {
  const held = memoryShelf<Box>()
  const one = { broken: false, held }
  const guard = <R>(ask: () => Promise<R>): Promise<R> => (one.broken ? Promise.reject(new Error('full')) : ask())
  return Object.assign(one, {
    all: () => guard(held.all), ids: () => guard(held.ids), get: (id: string) => guard(() => held.get(id)),
    put: (it: Box) => guard(() => held.put(it)), drop: (id: string) => guard(() => held.drop(id)),
  })
}

it('puts what should last on the disk, and says so', async () => {
  const under = disk()
  const shelf = layered(under)
  await shelf.put(box('a'))
  expect(await under.held.get('a')).toEqual(box('a'))
  expect(shelf.unread()).toBe(false)
})

it('holds in memory what the disk has no room for, and does not call it lasting', async () => {
  const under = disk()
  const shelf = layered(under)
  await shelf.put(box('a'))
  under.broken = true
  await shelf.put(box('b'))
  expect(await shelf.get('b')).toEqual(box('b', 'photo', false))
  under.broken = false
  expect((await shelf.all()).map((one) => [one.id, one.lasting])).toEqual([['a', true], ['b', false]])
  expect((await shelf.ids()).sort()).toEqual(['a', 'b'])
})

it('keeps off the disk what would be half of something there', async () => {
  const under = disk()
  const shelf = layered(under)
  await shelf.put(box('a', 'a deed whose photo did not fit', false))
  expect(await under.held.all()).toEqual([])
  expect(await shelf.all()).toHaveLength(1)
})

it('says that it could not look, until it could', async () => {
  const under = disk()
  const shelf = layered(under)
  under.broken = true
  expect(await shelf.all()).toEqual([])
  expect(shelf.unread()).toBe(true)
  under.broken = false
  await shelf.all()
  expect(shelf.unread()).toBe(false)
})

it('lets go of what is dropped, wherever it lies', async () => {
  const under = disk()
  const shelf = layered(under)
  await shelf.put(box('a'))
  await shelf.put(box('b', 'loose', false))
  await shelf.drop('a')
  await shelf.drop('b')
  expect(await shelf.all()).toEqual([])
  expect(await under.held.all()).toEqual([])
})
