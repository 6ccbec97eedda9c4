import { createApp } from 'vue'
import App from './App.vue'
import { begin } from './api/live'
import { router } from './router'
import './style.css'
import { i18n } from './words'

// The first answer names the root unit that `/` leads to.
void begin().finally(() => createApp(App).use(i18n).use(router).mount('#app'))
