// Keeps the shell of the pages, so that they open without a connection. Nothing of the chain or the service is kept: no invoice
// and no balance that could be stale.
const SHELL = "fec-shell";
const own = (url) => url.origin === location.origin;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || !own(url)) return;
  // Their names have their hashes in them: what is kept is what would be sent.
  if (url.pathname.includes("/assets/")) event.respondWith(kept(request));
  else if (request.mode === "navigate" || url.pathname.endsWith("/config.json")) event.respondWith(fresh(request));
});

async function kept(request) {
  const cache = await caches.open(SHELL);
  return (await cache.match(request)) ?? remember(cache, request);
}

async function fresh(request) {
  const cache = await caches.open(SHELL);
  try {
    return await remember(cache, request);
  } catch (error) {
    const found = await cache.match(request, { ignoreSearch: true });
    if (found) return found;
    throw error;
  }
}

async function remember(cache, request) {
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}
