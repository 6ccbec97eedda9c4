/** Language and theme: from the address, else from this browser's memory, else Chinese and dark. */
import { computed, ref, watch } from 'vue'
import type { RouteLocationNormalized } from 'vue-router'
import type { Words } from '../api/types'
import type { Lang } from '../lib/time'
import { i18n } from '../words'

export type Theme = 'dark' | 'light'

function kept(name: string): string | null {
  try {
    return localStorage.getItem(`bihuan.${name}`)
  } catch {
    return null
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`bihuan.${name}`, value)
  } catch {
    // Memory is a convenience: without it the address still says everything.
  }
}

export const lang = ref<Lang>(kept('lang') === 'en' ? 'en' : 'zh')
export const theme = ref<Theme>(kept('theme') === 'light' ? 'light' : 'dark')
export const dark = computed(() => theme.value === 'dark')

watch(lang, (value) => {
  i18n.global.locale.value = value
  document.documentElement.lang = value === 'zh' ? 'zh-CN' : 'en'
  keep('lang', value)
}, { immediate: true })

watch(theme, (value) => {
  document.documentElement.dataset.theme = value
  keep('theme', value)
}, { immediate: true })

export function readPrefs(to: RouteLocationNormalized): void {
  if (to.query.lang === 'zh' || to.query.lang === 'en') lang.value = to.query.lang
  if (to.query.theme === 'dark' || to.query.theme === 'light') theme.value = to.query.theme
}

/** The words of the reader's language; the other language rather than nothing. */
export function say(words: Words | string | null | undefined): string {
  if (!words) return ''
  if (typeof words === 'string') return words
  return (lang.value === 'zh' ? words.zh || words.en : words.en || words.zh) ?? ''
}

/** A unit of measure with what heights in it are above, as it stands behind a value: `m 吴淞高程`. */
export function inUnit(one: { unit: string; datum?: Words } | null | undefined): string {
  return [one?.unit, say(one?.datum)].filter(Boolean).join(' ')
}
