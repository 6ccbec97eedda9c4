import { createApp } from 'vue'
import App from './App.vue'
import { begin } from './api/live'
import { startOutbox } from './outbox/outbox'
import { router } from './router'
import './style.css'
import { i18n } from './words'

// The wall is what most come for: its code need not wait for the first answer.
if (/^\/$|\/wall$/.test(location.pathname)) void import('./map/WallPage.vue')
// The first answer names the root unit that `/` leads to.
void begin().finally(() => {
  createApp(App).use(i18n).use(router).mount('#app')
  void startOutbox()
})
