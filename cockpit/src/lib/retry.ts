/** When another try can help, how long to wait for it, and keeping the page open meanwhile. */

/** Worth another try by itself: the line was down, or the centre could not take it just then. */
export const passing = (status: number): boolean => [0, 408, 425, 429, 502, 503, 504].includes(status)

const LONGEST_PAUSE_MS = 60_000
/** How long to wait before the next try: 1, 2, 4 ... 32 s, then a minute each. */
export const pauseOf = (tries: number): number => Math.min(LONGEST_PAUSE_MS, 1_000 * 2 ** (tries - 1))

/** Wait, but not longer than until the line is back or somebody asks for it. */
export function pause(ms: number): { over: Promise<void>; end: () => void } {
  let end = (): void => {}
  const over = new Promise<void>((resolve) => {
    const timer = setTimeout(() => end(), ms)
    end = () => {
      clearTimeout(timer)
      window.removeEventListener('online', end)
      resolve()
    }
    window.addEventListener('online', end)
  })
  return { over, end: () => end() }
}

const unsent = new Set<symbol>()
const warn = (event: BeforeUnloadEvent): void => event.preventDefault()

/** While something would be lost with the page, the browser asks before it leaves. Returns how to say that it is safe. */
export function holdPage(): () => void {
  const mine = Symbol('unsent')
  unsent.add(mine)
  window.addEventListener('beforeunload', warn)
  return () => {
    unsent.delete(mine)
    if (!unsent.size) window.removeEventListener('beforeunload', warn)
  }
}
