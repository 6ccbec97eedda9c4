/** Where deeds and photos wait on this device: IndexedDB, and memory for what it does not take. */

export interface Kept {
  id: string
  /** Survives a reload. */
  lasting: boolean
}

export interface Shelf<T extends Kept> {
  all(): Promise<T[]>
  ids(): Promise<string[]>
  get(id: string): Promise<T | undefined>
  put(one: T): Promise<void>
  drop(id: string): Promise<void>
}

export function memoryShelf<T extends Kept>(): Shelf<T> {
  const held = new Map<string, T>()
  return {
    all: async () => [...held.values()],
    ids: async () => [...held.keys()],
    get: async (id) => held.get(id),
    put: async (one) => void held.set(one.id, one),
    drop: async (id) => void held.delete(id),
  }
}

export interface Layered<T extends Kept> extends Shelf<T> {
  /** The last look at the disk failed: what lies there, if anything, is not shown. */
  unread(): boolean
}

/** Disk first. What it does not take, or what does not ask to last, is held in memory and says so. */
export function layered<T extends Kept>(disk: Shelf<T>, memory: Shelf<T> = memoryShelf<T>()): Layered<T> {
  let unread = false
  async function look<R>(ask: () => Promise<R>, otherwise: R): Promise<R> {
    try {
      const found = await ask()
      unread = false
      return found
    } catch {
      unread = true
      return otherwise
    }
  }
  return {
    unread: () => unread,
    async all() {
      const held = await memory.all()
      const lying = await look(() => disk.all(), [])
      return [...lying.filter((one) => !held.some((other) => other.id === one.id)), ...held]
    },
    ids: async () => [...new Set([...(await memory.ids()), ...(await look(() => disk.ids(), []))])],
    get: async (id) => (await memory.get(id)) ?? look(() => disk.get(id), undefined),
    async put(one) {
      if (one.lasting) {
        try {
          await disk.put(one)
          return memory.drop(one.id)
        } catch {
          // Full, closed or forbidden.
        }
      }
      await memory.put({ ...one, lasting: false })
    },
    async drop(id) {
      await memory.drop(id)
      await look(() => disk.drop(id), undefined)
    },
  }
}

const NAME = 'bihuan'
const SHELVES = ['deeds', 'photos'] as const
const LIMIT_MS = 3_000
let opened: Promise<IDBDatabase> | null = null

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1)
    setTimeout(() => reject(new Error('the store of this browser does not answer')), LIMIT_MS)
    asked.onupgradeneeded = () => SHELVES.forEach((name) => asked.result.createObjectStore(name, { keyPath: 'id' }))
    asked.onerror = () => reject(asked.error)
    asked.onsuccess = () => {
      const db = asked.result
      const forget = (): void => void (opened = null)
      db.onclose = forget // the system may close it at any time: the next use opens it again
      db.onversionchange = () => {
        db.close()
        forget()
      }
      resolve(db)
    }
  })
}

function once<R>(db: IDBDatabase, name: string, mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<R>): Promise<R> {
  return new Promise((resolve, reject) => {
    const work = db.transaction(name, mode, { durability: 'strict' })
    const asked = ask(work.objectStore(name))
    work.oncomplete = () => resolve(asked.result)
    work.onabort = () => reject(work.error ?? asked.error)
  })
}

/** A shelf in IndexedDB. Every call throws where the browser has none, is full, or forbids it. */
export function diskShelf<T extends Kept>(name: (typeof SHELVES)[number]): Shelf<T> {
  async function run<R>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<R>): Promise<R> {
    for (let first = true; ; first = false) {
      opened ??= open()
      try {
        return await once(await opened, name, mode, ask)
      } catch (trouble) {
        opened = null
        // Closed behind our back: once more with a fresh one.
        if (!first || !(trouble instanceof DOMException) || trouble.name !== 'InvalidStateError') throw trouble
      }
    }
  }
  return {
    all: () => run<T[]>('readonly', (store) => store.getAll() as IDBRequest<T[]>),
    ids: () => run<string[]>('readonly', (store) => store.getAllKeys() as IDBRequest<string[]>),
    get: (id) => run<T | undefined>('readonly', (store) => store.get(id) as IDBRequest<T | undefined>),
    put: async (one) => void (await run('readwrite', (store) => store.put(one))),
    drop: async (id) => void (await run('readwrite', (store) => store.delete(id))),
  }
}
