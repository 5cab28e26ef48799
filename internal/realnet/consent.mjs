// Plays the user in an OAuth flow of a PDS on loopback, without a browser.
//
// It reads one JSON object from standard input: {url, handle, password, deny}.
// It opens the authorization URL, signs in, consents (or denies), and prints the
// address to which the browser would be sent back. That address is not visited.
import http from 'node:http'
import { text } from 'node:stream/consumers'

const loopback = ['localhost', '127.0.0.1', '[::1]']

/** A browser as the authorization page sees it: cookies and Sec-Fetch headers. */
class Browser {
  cookies = new Map()

  async fetch(url, { method = 'GET', headers = {}, body } = {}) {
    if (!loopback.includes(url.hostname) || url.protocol !== 'http:') throw new Error(`${url.origin} is not on loopback`)
    const cookie = [...this.cookies].map((pair) => pair.join('=')).join('; ')
    const res = await new Promise((resolve, reject) => {
      const req = http.request(url, { method, headers: { ...headers, ...(cookie && { cookie }) } }, resolve)
      req.on('error', reject).end(body)
    })
    for (const line of res.headers['set-cookie'] ?? []) {
      const [pair] = line.split(';')
      const at = pair.indexOf('=')
      this.cookies.set(pair.slice(0, at), pair.slice(at + 1))
    }
    return { status: res.statusCode, headers: res.headers, body: await text(res) }
  }

  navigate(url, referer) {
    return this.fetch(url, {
      headers: {
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
        'sec-fetch-site': referer ? 'same-origin' : 'none',
        ...(referer && { referer }),
      },
    })
  }

  /** Calls what the page's own script would call. */
  async call(page, name, input) {
    const [, csrf] = [...this.cookies].find(([key]) => /csrf/i.test(key)) ?? []
    const res = await this.fetch(new URL(`/@atproto/oauth-provider/~api/${name}`, page), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'sec-fetch-mode': 'same-origin',
        'sec-fetch-site': 'same-origin',
        origin: page.origin,
        referer: page.href,
        'x-csrf-token': csrf,
      },
      body: JSON.stringify(input),
    })
    if (res.status !== 200) throw new Error(`${name}: ${res.status} ${res.body.slice(0, 400)}`)
    return JSON.parse(res.body)
  }
}

const { url, handle, password, deny } = JSON.parse(await text(process.stdin))
const page = new URL(url)
const browser = new Browser()
const opened = await browser.navigate(page)
if (opened.status !== 200) throw new Error(`authorization page: ${opened.status} ${opened.body.slice(0, 400)}`)
const { account } = await browser.call(page, 'sign-in', { locale: 'en', username: handle, password, remember: true })
const decision = deny
  ? await browser.call(page, 'reject', {})
  : await browser.call(page, 'consent', { sub: account.sub })
const back = await browser.navigate(new URL(decision.url, page), page.href)
if (!back.headers.location) throw new Error(`redirect: ${back.status} ${back.body.slice(0, 400)}`)
console.log(back.headers.location)
