/** Which stage writes which kind of fact. */
import type { Stage } from '../api/types'

const WRITES: Record<Stage, readonly string[]> = {
  sense: ['packs-loaded', 'readings-received', 'readings-set-aside', 'level-changed', 'late-reading', 'series-silent', 'series-returned'],
  warn: ['warning-raised', 'warning-stepped', 'warning-cleared'],
  plan: ['plan-proposed', 'response-declared', 'proposal-declined', 'proposal-lapsed', 'plan-started'],
  dispatch: ['case-opened', 'case-reopened', 'task-sent', 'task-signed', 'task-arrived', 'task-claimed', 'task-returned', 'task-released', 'commanded', 'command-was-refused'],
  supervise: ['task-reminded', 'task-overdue', 'task-escalated', 'proposal-overdue', 'case-flagged', 'check-asked', 'task-verified', 'task-sent-back', 'case-closed'],
  evaluate: ['score-published'],
  review: ['review-written'],
}
const BY_KIND = new Map<string, Stage>(Object.entries(WRITES).flatMap(([stage, kinds]) => kinds.map((kind) => [kind, stage as Stage] as const)))

export function stageOf(kind: string): Stage | null {
  return BY_KIND.get(kind) ?? null
}
