/** One key an action, off while somebody types. */
import { onBeforeUnmount, onMounted } from 'vue'

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName) && (target as HTMLInputElement).type !== 'range')
}

export type Keys = Record<string, (event: KeyboardEvent) => void>

/** Keys by `event.key` (letters lower case); `Space` for the space bar. They rest under an open dialog. */
export function useKeys(keys: Keys): void {
  function onKey(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return
    if (document.querySelector('[role="dialog"]')) return
    const name = event.key === ' ' ? 'Space' : event.key.length === 1 ? event.key.toLowerCase() : event.key
    const onControl = event.target instanceof HTMLElement && event.target.closest('button, a, summary')
    if (onControl && (name === 'Enter' || name === 'Space')) return
    const act = keys[name]
    if (!act) return
    event.preventDefault()
    act(event)
  }
  onMounted(() => window.addEventListener('keydown', onKey))
  onBeforeUnmount(() => window.removeEventListener('keydown', onKey))
}
