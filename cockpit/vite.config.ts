import { defineConfig } from 'vitest/config'
import vue from '@vitejs/plugin-vue'

const server = process.env.BIHUAN_SERVER ?? 'http://127.0.0.1:8000'

export default defineConfig({
  base: '/',
  plugins: [vue()],
  define: { __VUE_OPTIONS_API__: 'false', __VUE_I18N_FULL_INSTALL__: 'false', __VUE_I18N_LEGACY_API__: 'false', __INTLIFY_DROP_MESSAGE_COMPILER__: 'false' },
  server: { proxy: { '/live': server, '/office': server } },
  build: { outDir: '../src/bihuan/live/static', emptyOutDir: true, assetsDir: 'assets', target: 'es2022', reportCompressedSize: true },
  test: { include: ['src/**/*.test.ts'] },
})
