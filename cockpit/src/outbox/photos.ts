/** Photos on this device, from the shutter until the centre has them. */
import { api, newKey, Refused } from '../api/client'
import type { KeptPhoto } from '../api/types'
import { diskShelf, layered, type Kept } from './shelf'

export interface Photo extends Kept {
  type: string
  bytes: ArrayBuffer
  /** What the centre said when it came; null until then. */
  kept: KeptPhoto | null
}

const HERE = 'here-'
/** Photos of forms that were never sent are let go after this long. */
const KEEP_MS = 2 * 86_400_000
const shelf = layered(diskShelf<Photo>('photos'))
const coming = new Map<string, { share: number; over: Promise<KeptPhoto>; told: Set<(share: number) => void> }>()

const takenAt = (id: string): number => Number(id.slice(HERE.length).split('-')[0])
export const isHere = (name: string | undefined): name is string => !!name?.startsWith(HERE)
export const photoOf = (id: string): Promise<Photo | undefined> => shelf.get(id)
export const dropPhoto = (id: string): Promise<void> => shelf.drop(id)

/** Keep a file under a name of this device. Its bytes are read now: a camera's file may be gone later. Throws where they cannot be. */
export async function keepPhoto(file: Blob): Promise<Photo> {
  const photo: Photo = { id: `${HERE}${Date.now()}-${newKey()}`, lasting: true, type: file.type, bytes: await file.arrayBuffer(), kept: null }
  await shelf.put(photo)
  return photo
}

/** Bring a photo to the centre, once however many ask for it; `told` gets 0-1. Throws Refused. */
export async function upload(id: string, told: (share: number) => void): Promise<KeptPhoto> {
  const photo = await shelf.get(id)
  if (photo?.kept) return photo.kept
  if (!photo) throw new Refused(410, LOST, true)
  let one = coming.get(id)
  if (!one) {
    const hearing = new Set<(share: number) => void>()
    const over = api.photo(new Blob([photo.bytes]), (share) => hearing.forEach((hear) => hear(share)))
    one = { share: 0, over, told: hearing }
    coming.set(id, one)
  }
  one.told.add(told)
  try {
    const kept = await one.over
    // Not when it was let go meanwhile.
    if (await shelf.get(id)) await shelf.put({ ...photo, kept })
    return kept
  } finally {
    coming.delete(id)
  }
}
const LOST = { what: 'the photo is not on this device any more', where: 'photo', remedy: 'Take it again.', what_zh: '照片已不在这台设备上', remedy_zh: '请重新拍一张。' }

/** Let go what neither a deed (`used`) nor a form of the last days needs. */
export async function sweepPhotos(used: Set<string>): Promise<void> {
  // Names only: the bytes of many photos at once are more than a phone has room for.
  for (const id of await shelf.ids()) if (!used.has(id) && Date.now() - takenAt(id) > KEEP_MS) await shelf.drop(id)
}
