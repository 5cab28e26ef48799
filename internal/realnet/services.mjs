// PostgreSQL and Redis for one run, in a folder that goes with them.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

// The guardian is the parent of both servers, in a session of its own. It waits
// for the end of its standard input, which comes when the process that holds the
// other end is gone, however it went. Then it kills them and deletes the folder.
const guardian = `
work=$1 port=$2
shift 2
finish() {
  trap - EXIT
  if [ "$port" != 0 ]; then
    kill -QUIT "$postgres" 2>/dev/null # at once, but it takes its shared memory along
    kill -KILL "$redis" 2>/dev/null
    wait
  fi
  rm -rf "$work"
  exit 0
}
trap finish EXIT HUP INT TERM
if [ "$port" != 0 ]; then
  "$@" postgres -D "$work/pg" -k "$work/socket" -c listen_addresses= -c fsync=off \\
    -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 >"$work/postgres.log" 2>&1 &
  postgres=$!
  redis-server --port "$port" --bind 127.0.0.1 --save '' --dir / >"$work/redis.log" 2>&1 &
  redis=$!
fi
while read -r _; do :; done
`

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

function run(command, args) {
  const r = spawnSync(command, args, { encoding: 'utf8', cwd: '/' })
  if (r.status !== 0) throw new Error(`${command}: ${r.error ?? r.stderr}`)
  return r.stdout
}

async function until(what, ready) {
  for (let n = 0; n < 600; n++) {
    if (await ready()) return
    await sleep(50)
  }
  throw new Error(`${what} did not start within 30 s`)
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.end(() => resolve(true)))
    socket.on('error', () => resolve(false))
  })
}

/** Makes an empty cluster. PostgreSQL refuses to be run by root. */
function initCluster(work) {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [] // Debian's place
  versions.sort((a, b) => b - a)
  process.env.PATH = [...versions.map((v) => `/usr/lib/postgresql/${v}/bin`), process.env.PATH].join(':')
  mkdirSync(join(work, 'pg'), { mode: 0o700 })
  mkdirSync(join(work, 'socket'), { mode: 0o700 })
  const become = []
  if (process.getuid() === 0) {
    const uid = Number(run('id', ['-u', 'postgres']))
    const gid = Number(run('id', ['-g', 'postgres']))
    chmodSync(work, 0o711)
    for (const name of ['pg', 'socket']) chownSync(join(work, name), uid, gid)
    become.push('setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups')
  }
  const initdb = ['initdb', '-D', join(work, 'pg'), '-A', 'trust', '-U', 'pg', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync']
  const [command, ...args] = [...become, ...initdb]
  run(command, args)
  return become
}

/**
 * Starts the guardian of the folder work and, with databases, the servers.
 * Returns the environment that names them, and a promise of the guardian's end.
 */
export async function startServices(work, { databases }) {
  const become = databases ? initCluster(work) : []
  const port = databases ? await freePort() : 0
  const child = spawn('sh', ['-c', guardian, 'guardian', work, String(port), ...become], {
    stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/',
  })
  child.unref()
  const exited = once(child, 'exit')
  if (!databases) return { env: {}, exited }
  const socket = join(work, 'socket')
  await until('PostgreSQL', () => spawnSync('pg_isready', ['-q', '-h', socket, '-U', 'pg']).status === 0)
  await until('Redis', () => answers(port))
  return {
    env: { DB_POSTGRES_URL: `postgresql://pg@localhost/postgres?host=${encodeURIComponent(socket)}`, REDIS_HOST: `127.0.0.1:${port}` },
    exited,
  }
}
