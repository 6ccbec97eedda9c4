/** The wire contract of docs/api.md. Times are integer UTC milliseconds. */

export interface Words { zh: string; en: string }
export interface Level { id: string; words: Words; colour: string; digit: string }
export type Stage = 'sense' | 'warn' | 'plan' | 'dispatch' | 'supervise' | 'evaluate' | 'review'
export const STAGES: readonly Stage[] = ['sense', 'warn', 'plan', 'dispatch', 'supervise', 'evaluate', 'review']

export interface SourceNote { indicator: string; words: Words; unit: string; datum: Words; origin: string; note: Words }
export interface Demo { speed: number; paused: boolean; from: number; until: number; seed: number; ended: boolean }
export interface Hello {
  centre: { id: string; name: Words; root: string }
  zone_minutes: number
  now: number
  seq: number
  levels: Level[]
  place_levels: { id: string; words: Words }[]
  sources: SourceNote[]
  thing_kinds: { id: string; words: Words }[]
  words: Record<string, Record<string, Words>>
  demo: Demo | null
  /** Case types that people may report. */
  reportable: string[]
}

export interface Unit { id: string; words: Words; level: string; parent?: string; place?: string; role?: string }
export interface UnitName { id: string; words: Words }
export interface PlaceName { code: string; words: Words }

export interface PlaceState { level: string; unknown: boolean; towns?: Record<string, number>; rain_1h?: number | null }
export interface Thing {
  code: string; kind: string; name: Words; lon: number; lat: number; level: string; unknown: boolean; value: number | null; indicator: string
}
export interface ThingState { level: string; unknown: boolean; value?: number | null }
export interface LoopEvent {
  id: string; at: number; kind: string; level: string | null; text: Words; place: string; case: string | null; warning: string | null
}
export interface CaseCounts { reported?: number; open: number; closed: number; reopened: number; flagged: number }
export interface TaskCounts { unsigned: number; working: number; overdue: number; checking: number; verified: number }
export interface DataAge { newest_at: number | null; age_ms: number | null; readings: number; series: number; silent: number }
export interface Response { place: string; words: Words; plan: Words; response: string; state: 'proposed' | 'declared'; at: number }

export interface Counters {
  counts: Record<string, Record<string, number>>
  cases: CaseCounts
  tasks: TaskCounts
  warnings: Record<string, number>
  duties: number
  data: DataAge
  loop?: Partial<Record<Stage, number>>
  responses?: Response[]
}
export interface Wall extends Counters {
  seq: number; now: number; places: Record<string, PlaceState>; things: Thing[]; events: LoopEvent[]
}
export interface Turn extends Counters {
  seq: number; now: number
  places: Record<string, PlaceState>
  things: Record<string, ThingState>
  events: LoopEvent[]
  touched: { cases: string[]; units: string[] }
}

export interface FrameChange { at: number; places?: Record<string, string>; unknown?: Record<string, boolean> }
export interface Frames {
  from: number; until: number; step: number; start: Record<string, string>; changes: FrameChange[]; start_unknown?: Record<string, boolean>
}

export interface Action {
  does: string; words: Words; needs: string[]; main?: boolean
  /** Who may; none: any. */
  units?: string[]; posts?: string[]
  choices?: { id: string; words: Words }[]
}
export interface Clock { name: string; started: number; due: number; overdue?: boolean }
export interface FlagNote { flag: string; detail: Words }
export interface DeskRow {
  kind: 'task' | 'check' | 'proposal' | 'case' | 'request' | 'recheck' | 'appeal'
  id: string; case: string | null; title: Words; place: PlaceName; level: string; state: string
  clock: Clock | null; escalated: boolean; actions: Action[]; holder: string; flags: (FlagNote | string)[]
}
export interface Desk {
  seq: number; now: number; unit: Unit; queue: DeskRow[]; watching: DeskRow[]
  counts: { queue: number; overdue: number; done_today: number }
  /** Plans that the unit may start by hand, at its own place. */
  starts: { plan: { id: string; words: Words }; place: PlaceName; action: Action }[]
}

export interface CaseRow {
  id: string; type: string; title: Words; place: PlaceName; level: string; state: string
  opened_at: number; closed_at: number | null; unit: UnitName | string; flags: (FlagNote | string)[]; reopened: number
  tasks: { total: number; verified: number; overdue: number }
  next: { unit: UnitName | string | null; clock: Clock | null } | null
}

export interface TaskClock { name: string; started: number; due: number; met_at: number | null; late: boolean }
export interface Proof { text?: string; count?: number | null; lon?: number | null; lat?: number | null; photo?: string; from_device?: boolean }
export interface CaseTask {
  id: string; step: { id: string; words: Words }; unit: UnitName; state: string; clocks: TaskClock[]; proof: Proof | null
  verifier: UnitName | null; verified_by: UnitName | string | null; flags: FlagNote[]; escalated_to: UnitName | string | null; actions: Action[]
  asked?: { asks: 'extension' | 'hold'; to: UnitName; span: number; reason: string } | null
}
export interface ChainLink {
  id: string; stage: Stage; kind: string; at: number; actor: string; level: string | null; text: Words
  detail: { label: Words; value: Words }[]; because: string[]
}
export interface StageState { name: Stage; state: 'done' | 'now' | 'waiting'; at: number | null; took: number | null }
export interface Run {
  id: string; plan: { id: string; words: Words }; response: string; matched: Words; not_matched: { plan: { id: string; words: Words }; why: Words }[]
  paused: boolean; actions: Action[]
}
export interface Case {
  id: string; type: string; title: Words
  place: PlaceName & { path: PlaceName[] }
  level: string; state: string; opened_at: number; closed_at: number | null; unit: UnitName; warning: string | null
  indicator: { id: string; words: Words; unit: string; datum: Words; level: string; unknown: boolean; green: boolean } | null
  stages: StageState[]; tasks: CaseTask[]; flags: FlagNote[]; reopened: number; runs: Run[]; chain: ChainLink[]; timeline: LoopEvent[]
  series: { indicator: string; place: string } | null; missing: Words[]; review: string | null
  actions: Action[]
  custody: { unit: UnitName; since: number; until: number | null; how: Words }[]
  offer: { to: UnitName; how: string; reason: string; answer_by: number } | null
  reports: { at: number; by: Words; text: string; lon: number | null; lat: number | null; photo: string }[]
  weight: number; merged_into: string | null; merged: string[]; condition: Words | null
}
export interface Explanation { id: string; text: Words; case: string | null; chain: ChainLink[] }

export interface Rung { level: string; text: string; value: number }
export interface Series {
  indicator: { id?: string; words?: Words } & Partial<Words>; unit: string
  at: number[]; value: (number | null)[]; quality: (string | number)[]
  level: string; unknown: boolean; rungs: Rung[]; changes: { at: number; level: string }[]; origin: string; source: string
  /** What a height is above, and what a derived series is worked out by; empty for others. */
  datum?: Words; formula?: string
}

export interface ReviewRow {
  id: string; case: string; title: Words; place: PlaceName; peak: string; opened_at: number; closed_at: number; conformance: number | null
}
export interface HeldStep {
  task: string; step: { id?: string; words: Words }; unit: UnitName
  sign_planned: number; sign_took: number | null; done_planned: number; done_took: number | null; verdict: string
}
export interface Review extends ReviewRow {
  first_warning_to_dispatch: number | null; median_sign: number | null
  held: HeldStep[]
  improvements: { words: Words; unit: UnitName; tasks: string[]; value: number | null }[]
  timeline: LoopEvent[]
}

export interface ScoreItem {
  item: { id: string; words: Words }; numerator: number; denominator: number; value: number | null; points: number | null; weight: number
  formula: string; left_out: { id: string; why: Words }[]
}
export interface Standing { score: number | null; rank: number | null }
export interface ScoreRow {
  unit: UnitName; score: number | null; level: string; rank: number | null; tied: boolean
  /** How it stood the period before, and the same one a year before; null: not scored then. */
  last: Standing | null; year: Standing | null
  items: ScoreItem[]; cases: string[]
}
export interface OtherPeriod { since: number; until: number; fact: string; new: UnitName[]; gone: UnitName[] }
export interface Appeal { id: string; unit: UnitName; item: string; case: string; reason: string; to: UnitName; granted: boolean | null; answer: string; actions: Action[] }
export interface Scores {
  scorecard: { id: string; words: Words }; since: number | null; until: number | null; fact: string | null; rows: ScoreRow[]
  every: string; rounding: string; corrects: string | null; periods: number[]; appeal_until: number | null
  last: OtherPeriod | null; year: OtherPeriod | null
  absent: { unit: UnitName; valid_from: string; valid_to: string }[]; appeals: Appeal[]
}

export interface ClosingStratum { unit: UnitName; flagged: boolean; closed: number; drawn: number; looked: number; not_sound: number }
/** A draw of closed cases that were looked at again. Rates are of the closed ones and those still open then. */
export interface ClosingRow {
  draw: string; case_type: { id: string; words: Words }; since: number; until: number; open: number | null; closed: number; flagged: number
  drawn: number; looked: number; not_sound: number; claimed: number | null; verified: number | null; low: number | null; high: number | null; note: Words; seed: string
  strata: ClosingStratum[]
}

export type HeadingKind = 'all' | 'plate' | 'track' | 'sub_track' | 'indicator'
export interface Heading { kind: HeadingKind; id: string; words: Words; indicators: number }
export interface VitalColumn extends Heading { unit: string; datum: Words; origin: string }
/** Colours and points are null where nothing is known: no data, not calm. */
export interface VitalCell {
  level: string | null; points: number | null; worst: string | null; lifted: boolean; known: number; expected: number; value: number | null
}
export interface VitalRow { place: PlaceName; level: string; below: boolean; rank: number | null; total: VitalCell; cells: VitalCell[] }
export interface ColourRule {
  id: string; words: Words; source: string; note: string; within: number; how: Words
  points: { level: string; points: number }[]; limits: { level: string; least: number }[]
}
export type TreeName = 'duty' | 'division'
export interface Vitals {
  seq: number; now: number; tree: TreeName; place: PlaceName & { path: PlaceName[] }; path: Heading[]; columns: VitalColumn[]
  whole: VitalRow; rows: VitalRow[]; rule: ColourRule
}
export interface VitalInput { series: string; place: PlaceName; level: string; value: number | null; at: number | null; why: Words | null }
export interface IndicatorVitals {
  seq: number; now: number; tree: TreeName; place: PlaceName & { path: PlaceName[] }; path: Heading[]; indicator: { id: string; words: Words }
  unit: string; datum: Words; origin: string; note: Words; source: string; roll_up: string; how: Words; whole: VitalCell
  rows: { place: PlaceName; cell: VitalCell }[]; inputs: VitalInput[]; excluded: VitalInput[]; rule: ColourRule
}
export type Period = 'day' | 'week' | 'month' | 'year'
export interface PeriodSide { since: number; until: number; value: number | null; series: number; expected: number; readings: number; coverage: number }
export interface PeriodChange { difference: number; share: number | null; series: number }
export interface Comparison {
  indicator: { id: string; words: Words }; place: PlaceName; unit: string; datum: Words; origin: string; period: Period; at: number; how: Words; caution: Words
  this: PeriodSide; last: PeriodSide; year: PeriodSide | null; against_last: PeriodChange | null; against_year: PeriodChange | null
}

export interface Me { user: string | null; post: string | null; unit: Unit | null; csrf: string; demo: boolean }
export interface CommandBody { does: string; target: string; text?: string; proof?: Proof; place?: string; to?: string; choice?: string; span?: number }
/** A photo that the office keeps; where and when are the device's word. */
export interface KeptPhoto { photo: string; size: number; width: number; height: number; taken: string | null; lon: number | null; lat: number | null }
export interface Refusal { what: string; where?: string; remedy?: string; what_zh?: string; remedy_zh?: string }
