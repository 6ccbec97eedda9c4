/** Times and spans as people read them, in the centre's zone and not in the screen's. */

export type Lang = 'zh' | 'en'

const two = (part: number): string => String(part).padStart(2, '0')

function local(at: number, zoneMinutes: number): Date {
  return new Date(at + zoneMinutes * 60_000)
}

/** `14:05`, with `seconds` `14:05:09`. */
export function clockTime(at: number, zoneMinutes: number, seconds = false): string {
  const t = local(at, zoneMinutes)
  const base = `${two(t.getUTCHours())}:${two(t.getUTCMinutes())}`
  return seconds ? `${base}:${two(t.getUTCSeconds())}` : base
}

/** `05-14 02:05`. */
export function dayTime(at: number, zoneMinutes: number): string {
  const t = local(at, zoneMinutes)
  return `${two(t.getUTCMonth() + 1)}-${two(t.getUTCDate())} ${clockTime(at, zoneMinutes)}`
}

/** `2018-05-14`. */
export function day(at: number, zoneMinutes: number): string {
  return local(at, zoneMinutes).toISOString().slice(0, 10)
}

const UNITS: Record<Lang, { d: string; h: string; m: string; s: string }> = {
  zh: { d: '天', h: '小时', m: '分', s: '秒' },
  en: { d: 'd', h: 'h', m: 'min', s: 's' },
}

/** A span in its two largest units: `1 h 20 min`, `1小时20分`. Never negative: pass the size, say the side in words. */
export function span(ms: number, lang: Lang): string {
  const u = UNITS[lang]
  const seconds = Math.floor(Math.abs(ms) / 1000)
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), u.d], [Math.floor(seconds / 3_600) % 24, u.h], [Math.floor(seconds / 60) % 60, u.m], [seconds % 60, u.s],
  ]
  const first = parts.findIndex(([size]) => size > 0)
  if (first < 0) return lang === 'zh' ? `0${u.s}` : `0 ${u.s}`
  const shown = parts.slice(first, first + 2).filter(([size], i) => i === 0 || size > 0)
  return shown.map(([size, word]) => (lang === 'zh' ? `${size}${word}` : `${size} ${word}`)).join(lang === 'zh' ? '' : ' ')
}

/** A running clock: `04:59`, `1:04:59`, `2d 03:00`. */
export function countdown(ms: number): string {
  const seconds = Math.floor(Math.abs(ms) / 1000)
  const [d, h, m, s] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
  if (d) return `${d}d ${two(h)}:${two(m)}`
  return h ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`
}

/** How much of a clock has run, 0-1 inside and beyond 1 when late. */
export function used(started: number, due: number, now: number): number {
  const length = Math.max(due - started, 1)
  return Math.max(0, (now - started) / length)
}
