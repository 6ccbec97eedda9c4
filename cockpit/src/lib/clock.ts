/** The server's time between two words from it: it runs on at the demo's speed, but never far ahead of what was said. */

export interface ClockState {
  /** Server time at the last word, ms UTC. */
  now: number
  /** When that word arrived, on the screen's own monotonic clock. */
  heard: number
  /** Virtual milliseconds a real one; 1 outside a demo. */
  speed: number
  paused: boolean
  /** Real milliseconds between the last two words. */
  gap: number
}

const LONGEST_LEAD_MS = 60_000
const FIRST_GAP_MS = 2_000

export function startClock(now: number, heard: number, speed = 1, paused = false): ClockState {
  return { now, heard, speed, paused, gap: FIRST_GAP_MS }
}

/** A new word from the server. */
export function hear(clock: ClockState, now: number, heard: number): ClockState {
  const gap = Math.min(Math.max(heard - clock.heard, 50), LONGEST_LEAD_MS)
  return { ...clock, now, heard, gap: clock.now === now ? clock.gap : gap }
}

/** Another speed, or a pause: what was shown at this moment stays shown. */
export function pace(clock: ClockState, heard: number, speed: number, paused: boolean): ClockState {
  return { ...clock, now: readClock(clock, heard), heard, speed, paused }
}

/** The time to show. In a demo it waits for the server after about one step, so a stalled server stops the clocks. */
export function readClock(clock: ClockState, at: number): number {
  if (clock.paused) return clock.now
  const lead = Math.max(0, at - clock.heard)
  const most = clock.speed === 1 ? Number.POSITIVE_INFINITY : clock.gap * 1.25
  return Math.round(clock.now + Math.min(lead, most) * clock.speed)
}
