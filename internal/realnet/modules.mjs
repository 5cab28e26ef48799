// Where the packages of the network are installed.
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The folder of install.mjs: $SMMKIT_REALNET, or realnet in the project's cache. */
export function defaultDir() {
  const cache = process.env.SMMKIT_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'smmkit')
  return process.env.SMMKIT_REALNET ?? join(cache, 'realnet')
}

/** The folder to require from, and the version of @atproto/dev-env in it. */
export function devEnv(root) {
  const manifest = join(root, 'node_modules/@atproto/dev-env/package.json')
  if (!existsSync(manifest)) {
    throw new Error(`no @atproto/dev-env in ${root}: run node internal/realnet/install.mjs first`)
  }
  return { root, version: JSON.parse(readFileSync(manifest, 'utf8')).version }
}
