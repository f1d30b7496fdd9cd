// The door without a network: what was opened once opens again. It serves the doors and what they are made of.
// Nothing is sent from here; the page sends, because the page can say what came of it.

const CACHE = "door-1";
const PATIENCE = 4000; // milliseconds that a weak network may take before the kept page comes instead

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (e) => e.waitUntil(self.clients.claim()));

self.addEventListener("message", (e) => {
  if (e.data.keep) e.waitUntil(keep(e.data.keep).then(() => e.source?.postMessage({ kept: true })));
  if (e.data.forget) e.waitUntil(forget(e.data.forget));
});

self.addEventListener("fetch", (e) => {
  const { request } = e;
  const url = new URL(request.url);
  const isPage = request.mode === "navigate" && /^\/events\/door\/\d+\/$/.test(url.pathname);
  const isPart = url.origin === location.origin && request.mode !== "navigate" && !url.pathname.startsWith("/events/");
  if (request.method === "GET" && (isPage || isPart)) e.respondWith(fresh(request, isPage));
});

async function fresh(request, isPage) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request, { ignoreVary: true, ignoreSearch: isPage });
  const asked = fetch(request).then((answer) => {
    // A page that turned into the sign-in page, or into a refusal, is not what to keep.
    if (answer.ok && !answer.redirected) cache.put(isPage ? bare(request.url) : request, answer.clone());
    return answer;
  });
  if (!kept) return asked;
  const late = new Promise((resolve) => setTimeout(() => resolve(kept), PATIENCE));
  return Promise.race([asked.catch(() => kept), late]);
}

async function keep(addresses) {
  const cache = await caches.open(CACHE);
  await Promise.all(
    addresses.map(async (address) => {
      const answer = await fetch(address, { credentials: "same-origin" });
      if (answer.ok && !answer.redirected) await cache.put(bare(address), answer);
    }),
  );
}

async function forget(address) {
  const cache = await caches.open(CACHE);
  await cache.delete(address, { ignoreSearch: true, ignoreVary: true });
}

const bare = (address) => {
  const url = new URL(address, location.origin);
  return url.pathname.startsWith("/events/") ? url.origin + url.pathname : url.href;
};
