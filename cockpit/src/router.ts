/** The address is the state: unit and page in the path; language, theme and moment in the query. */
import { createRouter, createWebHistory, type RouteLocationRaw } from 'vue-router'
import { root } from './api/live'
import { readPrefs } from './shell/prefs'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', name: 'home', component: () => import('./map/WallPage.vue'), props: { unit: '' } },
    { path: '/case/:id', name: 'case', component: () => import('./loop/dispatch/CasePage.vue'), props: true },
    { path: '/review/:id', name: 'review', component: () => import('./loop/review/ReviewPage.vue'), props: true },
    { path: '/:unit/wall', name: 'wall', component: () => import('./map/WallPage.vue'), props: true },
    { path: '/:unit/desk', name: 'desk', component: () => import('./desk/DeskPage.vue'), props: true },
    { path: '/:unit/report', name: 'report', component: () => import('./desk/ReportPage.vue'), props: true },
    { path: '/:unit/cases', name: 'cases', component: () => import('./loop/dispatch/CasesPage.vue'), props: true },
    { path: '/:unit/reviews', name: 'reviews', component: () => import('./loop/review/ReviewsPage.vue'), props: true },
    { path: '/:unit/vitals', name: 'vitals', component: () => import('./loop/evaluate/VitalsPage.vue'), props: true },
    { path: '/:unit/scores', name: 'scores', component: () => import('./loop/evaluate/ScoresPage.vue'), props: true },
    { path: '/:unit/closing', name: 'closing', component: () => import('./loop/evaluate/ClosingPage.vue'), props: true },
    { path: '/:rest(.*)*', name: 'lost', component: () => import('./shell/LostPage.vue') },
  ],
})

const KEPT = ['lang', 'theme']

router.beforeEach((to, from) => {
  readPrefs(to)
  if (to.name === 'home' && root.value) return { name: 'wall', params: { unit: root.value }, query: to.query, replace: true }
  const carried = Object.fromEntries(KEPT.filter((name) => from.query[name] && !to.query[name]).map((name) => [name, from.query[name]]))
  if (Object.keys(carried).length) return { path: to.path, query: { ...to.query, ...carried }, hash: to.hash } as RouteLocationRaw
  return true
})

/** Change the query and nothing else; `null` takes a name out. */
export function setQuery(change: Record<string, string | null>, replace = true): void {
  const query = { ...router.currentRoute.value.query }
  for (const [name, value] of Object.entries(change)) {
    if (value === null) delete query[name]
    else query[name] = value
  }
  void router[replace ? 'replace' : 'push']({ query })
}
