// What a device keeps for the door: the list of each event, and the facts noted here. One fact for a person and event.

const asked = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const opening = new Promise((resolve, reject) => {
  const request = indexedDB.open("gongzhi-door", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("lists", { keyPath: "event" });
    request.result.createObjectStore("facts", { keyPath: "key" }).createIndex("event", "event");
  };
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const inside = async (name, mode, act) => {
  const database = await opening;
  return asked(act(database.transaction(name, mode).objectStore(name)));
};

export const listOf = (event) => inside("lists", "readonly", (s) => s.get(event));
export const keepList = (list) => inside("lists", "readwrite", (s) => s.put(list));
export const factsOf = (event) => inside("facts", "readonly", (s) => s.index("event").getAll(event));
export const keepFact = (fact) => inside("facts", "readwrite", (s) => s.put(fact));
export const dropFact = (key) => inside("facts", "readwrite", (s) => s.delete(key));
export const dropList = (event) => inside("lists", "readwrite", (s) => s.delete(event));

// A fact that is there already stays as it is: the first arrival counts.
export async function addFact(fact) {
  try {
    await inside("facts", "readwrite", (s) => s.add(fact));
    return true;
  } catch {
    return false;
  }
}

// Lists of events long over leave the device; what was not sent stays.
export async function tidy(now, days = 3) {
  const before = now - days * 86400000;
  const lists = await inside("lists", "readonly", (s) => s.getAll());
  for (const list of lists) {
    if (Date.parse(list.at) > before) continue;
    const facts = await factsOf(list.event);
    if (facts.some((f) => !f.sent)) continue;
    for (const fact of facts) await dropFact(fact.key);
    await dropList(list.event);
  }
}

export async function hashed(salt, code) {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${salt}:${code}`));
  return [...new Uint8Array(bytes)].map((b) => b.toString(16).padStart(2, "0")).join("").slice(0, 32);
}
