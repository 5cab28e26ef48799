// Runs the open Bluesky stack on loopback: PLC directory, PDS, app view, bsync
// and moderation (Ozone), with three accounts.
//
//   node network.mjs [--dir DIR] [--pds-only] [--rate-limits] [--until-eof]
//
// --dir DIR      where install.mjs put the packages; default: see modules.mjs
// --pds-only     PLC directory and PDS alone: no PostgreSQL, no Redis, no app view
// --rate-limits  the PDS counts requests and write points, as the public ones do
// --until-eof    stop when standard input ends, so that nothing outlives a parent
//
// One line of JSON on standard output says that all is up. SIGINT or SIGTERM
// stops everything; so does kill -9, see services.mjs. All ports are free ones,
// and nothing listens on any address but loopback.
import dns from 'node:dns'
import { mkdtempSync } from 'node:fs'
import { createRequire } from 'node:module'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { defaultDir, devEnv } from './modules.mjs'
import { startServices } from './services.mjs'

const { values: flags } = parseArgs({
  options: {
    dir: { type: 'string', default: defaultDir() },
    'pds-only': { type: 'boolean', default: false },
    'rate-limits': { type: 'boolean', default: false },
    'until-eof': { type: 'boolean', default: false },
  },
})

// The servers name a port and no address, which means every interface.
function listenOnLoopback() {
  const { listen } = net.Server.prototype
  net.Server.prototype.listen = function (first, ...rest) {
    if (typeof first === 'object' && first !== null && first.port !== undefined && !first.host) {
      return listen.call(this, { ...first, host: '127.0.0.1' }, ...rest)
    }
    if (/^\d+$/.test(String(first)) && typeof rest[0] !== 'string') {
      return listen.call(this, first, '127.0.0.1', ...rest)
    }
    return listen.call(this, first, ...rest)
  }
  dns.setDefaultResultOrder('ipv4first') // their addresses say localhost
}

async function createAccount(pds, name) {
  const account = { handle: `${name}.test`, password: `${name}-password` }
  const res = await fetch(`${pds}/xrpc/com.atproto.server.createAccount`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...account, email: `${name}@example.com` }),
  })
  if (!res.ok) throw new Error(`createAccount ${name}: ${res.status} ${await res.text()}`)
  return { ...account, did: (await res.json()).did }
}

async function main() {
  const { root, version } = devEnv(flags.dir)
  const work = mkdtempSync(join(tmpdir(), 'smmkit-realnet-'))
  const services = await startServices(work, { databases: !flags['pds-only'] })

  let stopping = false
  const stop = (code) => {
    if (stopping) return
    stopping = true
    // The services delete the work folder, with all that the servers hold in it,
    // once this process is gone: nothing needs a graceful end.
    process.exit(code)
  }
  process.on('SIGINT', () => stop(0))
  process.on('SIGTERM', () => stop(0))
  services.exited.then(() => {
    if (!stopping) console.error('network: PostgreSQL or Redis died')
    stop(1)
  })
  if (flags['until-eof']) process.stdin.resume().on('end', () => stop(0)).on('error', () => stop(0))

  // The servers put their files below os.tmpdir().
  Object.assign(process.env, { ...services.env, TMPDIR: work, DB_POSTGRES_SCHEMA: 'net' })
  process.env.LOG_ENABLED ??= 'false'
  listenOnLoopback()
  const { TestNetwork, TestNetworkNoAppView } = createRequire(join(root, 'package.json'))('@atproto/dev-env')
  const pds = { enableDidDocWithSession: true, rateLimitsEnabled: flags['rate-limits'] }
  const network = flags['pds-only'] ? await TestNetworkNoAppView.create({ pds }) : await TestNetwork.create({ pds })

  const accounts = []
  for (const name of ['alice', 'bob', 'carol']) accounts.push(await createAccount(network.pds.url, name))
  console.log(JSON.stringify({
    version,
    pds: network.pds.url,
    plc: network.plc.url,
    appview: network.bsky?.url ?? '',
    ozone: network.ozone?.url ?? '',
    labeler: network.ozone ? `${network.ozone.ctx.cfg.service.did}#atproto_labeler` : '',
    accounts,
    work,
  }))
}

main().catch((err) => {
  console.error(err)
  process.exit(1)
})
