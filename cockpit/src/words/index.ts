/** Words of the screens themselves. What packs and facts say comes from the server in both languages. */
import { createI18n } from 'vue-i18n'
import { en } from './en'
import { zh, type Messages } from './zh'

export const i18n = createI18n<[Messages], 'zh' | 'en', false>({ legacy: false, locale: 'zh', fallbackLocale: 'zh', messages: { zh, en } })
export const t = i18n.global.t
