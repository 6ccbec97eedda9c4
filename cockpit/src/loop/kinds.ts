/** Which stage writes which kind of fact. */
import type { Stage } from '../api/types'

const WRITES: Record<Stage, readonly string[]> = {
  sense: ['packs-loaded', 'readings-received', 'readings-set-aside', 'level-changed', 'late-reading', 'series-silent', 'series-returned'],
  warn: ['warning-raised', 'warning-stepped', 'warning-cleared'],
  plan: ['plan-proposed', 'response-seconded', 'response-declared', 'proposal-declined', 'proposal-lapsed', 'plan-started', 'plan-extended', 'plan-paused', 'plan-resumed'],
  dispatch: [
    'case-reported', 'case-registered', 'case-rejected', 'case-routed', 'case-opened', 'case-reopened', 'case-offered', 'case-accepted', 'case-given-back',
    'offer-withdrawn', 'duplicate-suspected', 'case-merged', 'case-unmerged', 'case-seconded', 'task-sent', 'task-signed', 'task-arrived', 'task-claimed',
    'task-returned', 'task-released', 'extension-asked', 'hold-asked', 'task-extended', 'task-held', 'task-resumed', 'request-denied', 'log-received',
    'case-imported', 'commanded', 'command-was-refused',
  ],
  supervise: ['task-reminded', 'task-overdue', 'task-escalated', 'proposal-overdue', 'case-reminded', 'case-overdue', 'case-flagged', 'check-asked', 'task-verified', 'task-sent-back', 'case-closed', 'recheck-drawn', 'recheck-asked', 'recheck-done', 'credit-reversed'],
  evaluate: ['score-published', 'score-appealed', 'appeal-decided'],
  review: ['review-written'],
}
const BY_KIND = new Map<string, Stage>(Object.entries(WRITES).flatMap(([stage, kinds]) => kinds.map((kind) => [kind, stage as Stage] as const)))

export function stageOf(kind: string): Stage | null {
  return BY_KIND.get(kind) ?? null
}
