/** The replay: levels of every place over time, so that any moment is a few steps away. */
import type { Frames } from '../api/types'

export interface FrameState { level: string; unknown: boolean }
interface Step { at: number; place: number; level: number; unknown: number }
interface Mark { next: number; level: Int16Array; unknown: Uint8Array }

const STEPS_A_MARK = 512
const KEEP = -1

/** Time-ordered changes with a full copy every few hundred, read forward and backward by `at()`. */
export class Film {
  readonly codes: string[] = []
  readonly from: number
  readonly until: number
  readonly step: number
  private readonly index = new Map<string, number>()
  private readonly levels: string[] = []
  private readonly levelIndex = new Map<string, number>()
  private readonly steps: Step[] = []
  private readonly marks: Mark[] = []

  constructor(frames: Frames) {
    this.from = frames.from
    this.until = Math.max(frames.until, frames.from)
    this.step = Math.max(frames.step, 1)
    for (const code of Object.keys(frames.start)) this.place(code)
    const changes = [...frames.changes].sort((a, b) => a.at - b.at)
    for (const change of changes) this.read(change)
    this.mark(frames)
  }

  /** State of every place at a moment: call `each` with code and state. */
  at(moment: number, each: (code: string, level: string, unknown: boolean) => void): void {
    const end = this.stepsUpTo(moment)
    const mark = this.marks[Math.floor(end / STEPS_A_MARK)]!
    const level = mark.level.slice()
    const unknown = mark.unknown.slice()
    for (let i = mark.next; i < end; i++) apply(this.steps[i]!, level, unknown)
    for (let i = 0; i < this.codes.length; i++) each(this.codes[i]!, this.levels[level[i]!] ?? '', unknown[i] === 1)
  }

  /** The nearest whole frame, inside the film. */
  snap(moment: number): number {
    const whole = this.from + Math.round((moment - this.from) / this.step) * this.step
    return Math.min(Math.max(whole, this.from), this.until)
  }

  /** How many places change for the worse or better at each of `bins` equal spans: the slider's background. */
  activity(bins: number): number[] {
    const out = new Array<number>(bins).fill(0)
    const span = this.until - this.from || 1
    for (const step of this.steps) {
      const bin = Math.min(bins - 1, Math.floor(((step.at - this.from) / span) * bins))
      if (bin >= 0) out[bin]!++
    }
    return out
  }

  private read(change: Frames['changes'][number]): void {
    for (const [code, level] of Object.entries(change.places ?? {})) {
      this.steps.push({ at: change.at, place: this.place(code), level: this.level(level), unknown: KEEP })
    }
    for (const [code, unknown] of Object.entries(change.unknown ?? {})) {
      this.steps.push({ at: change.at, place: this.place(code), level: KEEP, unknown: unknown ? 1 : 0 })
    }
  }

  private mark(frames: Frames): void {
    const level = new Int16Array(this.codes.length)
    const unknown = new Uint8Array(this.codes.length)
    for (const [code, name] of Object.entries(frames.start)) level[this.place(code)] = this.level(name)
    for (const [code, grey] of Object.entries(frames.start_unknown ?? {})) unknown[this.place(code)] = grey ? 1 : 0
    for (let i = 0; i <= this.steps.length; i++) {
      if (i % STEPS_A_MARK === 0) this.marks.push({ next: i, level: level.slice(), unknown: unknown.slice() })
      if (i < this.steps.length) apply(this.steps[i]!, level, unknown)
    }
  }

  private stepsUpTo(moment: number): number {
    let low = 0
    let high = this.steps.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.steps[middle]!.at <= moment) low = middle + 1
      else high = middle
    }
    return low
  }

  private place(code: string): number {
    return indexed(code, this.codes, this.index)
  }

  private level(name: string): number {
    return indexed(name, this.levels, this.levelIndex)
  }
}

function indexed(name: string, names: string[], index: Map<string, number>): number {
  const known = index.get(name)
  if (known !== undefined) return known
  index.set(name, names.length)
  names.push(name)
  return names.length - 1
}

function apply(step: Step, level: Int16Array, unknown: Uint8Array): void {
  if (step.level !== KEEP) level[step.place] = step.level
  if (step.unknown !== KEEP) unknown[step.place] = step.unknown
}
