// Installs the packages of the network, as package-lock.json pins them:
//
//   node install.mjs [DIR]        default: see modules.mjs
//
// Nothing is done where they are there already. npm's own client is used, with
// whatever registry it is configured for: the lock file names none. No package
// runs a script of its own at install, save the one that compiles SQLite, which
// needs a C++ compiler, make and python3.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defaultDir } from './modules.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const dir = process.argv[2] ?? defaultDir()
const stamp = join(dir, 'installed')
const want = [
  createHash('sha256').update(readFileSync(join(here, 'package-lock.json'))).digest('hex'),
  `node ABI ${process.versions.modules}`,
  `${process.platform}-${process.arch}`,
].join('\n') + '\n'

function npm(...args) {
  const r = spawnSync('npm', args, { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  if (r.status !== 0) throw new Error(`npm ${args[0]}: ${r.error ?? r.stderr.slice(-4000)}`)
}

/** Debian's and NodeSource's packages bring the headers, which else are fetched. */
function headers() {
  const prefix = dirname(dirname(process.execPath))
  return existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : []
}

function sqliteLoads() {
  try {
    const Database = createRequire(join(dir, 'package.json'))('better-sqlite3')
    new Database(':memory:').close()
    return true
  } catch {
    return false
  }
}

if (existsSync(stamp) && readFileSync(stamp, 'utf8') === want) {
  console.log(`${dir} is up to date`)
  process.exit(0)
}
const began = Date.now()
mkdirSync(dir, { recursive: true })
for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(here, name), join(dir, name))
npm('ci', '--ignore-scripts', '--no-audit', '--no-fund')
if (!sqliteLoads()) {
  npm('rebuild', 'better-sqlite3', '--ignore-scripts=false', ...headers())
  if (!sqliteLoads()) throw new Error('better-sqlite3 was built and does not load')
}
writeFileSync(stamp, want)
console.log(`installed into ${dir} in ${Math.round((Date.now() - began) / 1000)} s`)
