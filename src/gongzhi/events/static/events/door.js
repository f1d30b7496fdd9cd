// The door on a phone: everything is noted here first, then sent. In flight mode only the sending waits.

import * as store from "./store.js";

const door = document.querySelector("[data-door]");
const at = (id) => document.getElementById(id);
const event = Number(door.dataset.door);
const LETTERS = /[^23456789ABCDEFGHJKLMNPQRSTUVWXYZ]/g;
const TOKEN = /^[\w-]{22}$/;
const fromHere = new Set(); // noted since this page was opened

let list = { event, salt: "", at: "", people: [], arrived: 0, csrf: "" };
let facts = [];
let reached = navigator.onLine;
let sending = false;

const clock = (iso) =>
  new Intl.DateTimeFormat("zh-CN", { hour: "numeric", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" })
    .format(new Date(iso))
    .replace(/^0(\d)/, "$1");
const say = (words, named) => words.replace(/#(\w+)/g, (_, name) => named[name] ?? "");
const unsent = () => facts.filter((f) => !f.sent);
const waiting = () => unsent().filter((f) => !f.refused);

// --- what is seen --------------------------------------------------------------------------------

function show() {
  const kept = waiting().length;
  const here = new Set(facts.filter((f) => f.registration && !f.refused).map((f) => f.registration));
  const fresh = list.people.filter((p) => here.has(p.r) && !p.h).length;
  const strangers = waiting().filter((f) => !f.registration).length;
  if (list.at) {
    at("n-here").firstChild.data = list.arrived + fresh + strangers;
    at("n-missing").firstChild.data = list.people.filter((p) => !p.h && !here.has(p.r)).length;
  }
  at("n-kept").firstChild.data = kept;
  const net = at("net");
  net.hidden = false;
  net.classList.toggle("on", reached);
  at("net-on").hidden = !reached;
  at("net-off").hidden = reached;
  at("net-kept").textContent = say(net.dataset[kept ? "kept" : "none"], { n: kept });
  at("net-sent").textContent = say(net.dataset[kept ? "soon" : "sent"], { n: kept });
  door.querySelectorAll("[data-online]").forEach((form) => (form.querySelector("[data-why]").hidden = reached));
  rows();
  find();
}

function rows() {
  const holder = at("local");
  const shown = facts.filter((f) => !f.sent || fromHere.has(f.key)).sort((a, b) => (a.at < b.at ? 1 : -1));
  holder.replaceChildren(...shown.map(row));
  at("none-yet")?.toggleAttribute("hidden", shown.length > 0);
}

function row(fact) {
  const made = at("row").content.firstElementChild.cloneNode(true);
  const state = fact.refused ? "bad" : fact.sent ? "ok" : "wait";
  made.querySelector("b").textContent = fact.name || door.dataset.unknown;
  const status = made.querySelector(".status");
  status.className = `status ${state}`;
  status.textContent = door.dataset[state];
  made.querySelector(".s").textContent = fact.refused || `${clock(fact.at)} · ${door.dataset[fact.how]}`;
  const undo = made.querySelector("button");
  undo.hidden = fact.sent && !fact.refused;
  undo.setAttribute("aria-label", say(undo.dataset.label, { name: fact.name }));
  undo.addEventListener("click", async () => {
    await store.dropFact(fact.key);
    await read();
  });
  return made;
}

function came(words, note, isNo = false) {
  const box = at("came");
  box.hidden = false;
  box.classList.toggle("no", isNo);
  box.querySelector("b").textContent = words;
  box.querySelector("span").textContent = note;
  at("came-server")?.remove();
  at("refused-server")?.remove();
}

// --- noting --------------------------------------------------------------------------------------

async function note({ how, token = "", code = "", registration = null }) {
  let person = registration && list.people.find((p) => p.r === registration);
  const secret = token || code;
  const hash = secret && (await store.hashed(list.salt, secret));
  person ||= secret && list.people.find((p) => (token ? p.q : p.c) === hash);
  const name = person ? person.n : "";
  const key = `${event}:${person ? person.r : hash}`;
  if (person?.h) return came(say(door.dataset.again, { name, at: person.h }), door.dataset.once, true);
  const fact = {
    key,
    event,
    how,
    name,
    registration: person ? person.r : null,
    // Whom the list names needs no code: it is not kept.
    token: person ? "" : token,
    code: person ? "" : code,
    at: new Date().toISOString(),
    sent: false,
    refused: "",
  };
  const known = facts.find((f) => f.key === key && !f.refused);
  if (known) return came(say(door.dataset.again, { name, at: clock(known.at) }), door.dataset.once, true);
  await store.keepFact(fact);
  fromHere.add(key);
  await read();
  if (person) came(say(door.dataset.came, { name }), person.t ? say(door.dataset.tail, { t: person.t }) : "");
  else if (!reached) came(door.dataset.stranger, door.dataset.later, true);
  await send(key);
}

async function read() {
  facts = await store.factsOf(event);
  show();
}

// --- sending -------------------------------------------------------------------------------------

async function send(only = "") {
  if (sending) return;
  sending = true;
  try {
    let rest = waiting();
    while (rest.length) {
      const parcel = rest.slice(0, 500);
      const live = parcel.length === 1 && parcel[0].key === only;
      const answer = await post(parcel.map((f) => ({ ...f, ref: f.key, live })));
      for (const fact of parcel) {
        const refused = answer.refused[fact.key];
        if (refused) {
          fact.refused = refused;
          if (fact.key === only) came(fact.name || door.dataset.unknown, refused, true);
        } else {
          fact.sent = true;
          if (fact.key === only && !fact.name) came(door.dataset.taken, "");
        }
        await store.keepFact(fact);
      }
      if (!live) at("net-result").textContent = say(door.dataset.result, { n: answer.new, k: answer.known, x: Object.keys(answer.refused).length });
      facts = await store.factsOf(event);
      rest = waiting().filter((f) => !parcel.some((p) => p.key === f.key));
    }
    if (facts.some((f) => f.sent)) await fetchList();
  } catch (error) {
    reached = false;
    if (error.message === "sign-in") at("net-signin").hidden = false;
  } finally {
    sending = false;
    await read();
  }
}

async function post(given) {
  const answer = await fetch(door.dataset.facts, {
    method: "POST",
    redirect: "manual",
    headers: { "Content-Type": "application/json", "X-CSRFToken": list.csrf || door.dataset.csrf },
    body: JSON.stringify({ facts: given }),
  });
  if (answer.type === "opaqueredirect" || answer.status === 403) throw new Error("sign-in");
  if (!answer.ok) throw new Error("unreached");
  reached = true;
  return answer.json();
}

async function fetchList() {
  try {
    const answer = await fetch(door.dataset.people, { redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 403) {
      at("net-signin").hidden = false;
      return;
    }
    if (!answer.ok) throw new Error("unreached");
    list = { ...(await answer.json()), event };
    await store.keepList(list);
    reached = true;
    at("net-signin").hidden = true;
  } catch {
    reached = false;
  }
}

async function meet() {
  await fetchList();
  await read();
  if (reached && waiting().length) await send();
}

// --- by name -------------------------------------------------------------------------------------

function find() {
  const words = at("nm").value.replace(/\s/g, "");
  const holder = at("found");
  if (!words || !list.at) return holder.replaceChildren();
  const here = new Map(facts.filter((f) => !f.refused).map((f) => [f.registration, f]));
  const hits = list.people.filter((p) => p.t === words || p.n.startsWith(words.slice(0, 1)) || p.n.includes(words)).slice(0, 30);
  holder.replaceChildren(
    ...hits.map((p) => {
      const made = at("hit").content.firstElementChild.cloneNode(true);
      const since = p.h || (here.get(p.r) && clock(here.get(p.r).at));
      made.querySelector("b").textContent = p.n;
      made.querySelector(".s").textContent = p.t ? say(door.dataset.tail, { t: p.t }) : "";
      const button = made.querySelector("button");
      const status = made.querySelector(".status");
      button.hidden = Boolean(since);
      button.setAttribute("aria-label", say(door.dataset.came, { name: p.n }));
      status.hidden = !since;
      if (since) status.textContent = say(door.dataset.since, { at: since });
      button.addEventListener("click", () => note({ how: "name", registration: p.r }));
      return made;
    }),
  );
}

// --- the camera ----------------------------------------------------------------------------------

async function look() {
  const words = at("finder").querySelector("p");
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return;
  try {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    const video = document.createElement("video");
    video.muted = video.playsInline = true;
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    at("finder").prepend(video);
    await video.play();
    words.textContent = door.dataset.aim;
    let before = "";
    const tick = async () => {
      if (!at("m-scan").checked) {
        video.srcObject.getTracks().forEach((t) => t.stop());
        video.remove();
        return;
      }
      const [found] = await detector.detect(video).catch(() => []);
      const text = found?.rawValue.trim() ?? "";
      if (text && text !== before) {
        before = text;
        if (TOKEN.test(text)) await note({ how: "qr", token: text });
        else came(door.dataset.foreign, "", true);
      }
      setTimeout(tick, 250);
    };
    tick();
  } catch {
    words.textContent = door.dataset.nocamera;
  }
}

// --- wiring --------------------------------------------------------------------------------------

at("by-code").addEventListener("submit", async (e) => {
  e.preventDefault();
  const input = at("ck");
  const code = input.value.toUpperCase().replace(LETTERS, "");
  if (code.length !== 6) return came(door.dataset.short, "", true);
  input.value = "";
  await note({ how: "code", code });
  input.focus();
});
at("by-name").addEventListener("submit", (e) => {
  if (!reached) e.preventDefault();
});
at("nm").addEventListener("input", find);
door.querySelectorAll("[data-online]").forEach((form) =>
  form.addEventListener("submit", (e) => {
    if (!reached) e.preventDefault();
  }),
);
at("try").addEventListener("click", meet);
at("m-scan").addEventListener("change", look);
at("clear").addEventListener("click", async () => {
  if (waiting().length) return came(door.dataset.unsent, "", true);
  for (const fact of facts) await store.dropFact(fact.key);
  await store.dropList(event);
  const ready = await navigator.serviceWorker?.getRegistration(door.dataset.scope);
  ready?.active?.postMessage({ forget: location.pathname });
  location.href = door.dataset.back;
});
addEventListener("online", meet);
addEventListener("offline", () => {
  reached = false;
  show();
});
document.addEventListener("visibilitychange", () => document.hidden || meet());
setInterval(() => (waiting().length || !reached) && navigator.onLine && meet(), 20000);

async function stay() {
  if (!navigator.serviceWorker) return;
  await navigator.serviceWorker.register(door.dataset.worker, { scope: door.dataset.scope });
  const ready = await navigator.serviceWorker.ready;
  const parts = performance.getEntriesByType("resource").map((r) => r.name).filter((n) => n.startsWith(`${location.origin}/`) && !n.includes("/events/door/"));
  navigator.serviceWorker.addEventListener("message", (e) => {
    if (e.data.kept) door.dataset.kept = "yes";
  });
  ready.active.postMessage({ keep: [location.pathname, ...new Set(parts)] });
}

const kept = await store.listOf(event);
if (kept) list = kept;
await read();
at("local").hidden = false;
if ("BarcodeDetector" in window && door.dataset.mode === "code") {
  at("m-scan").checked = true;
  look();
}
await meet();
await store.tidy(Date.now());
await stay().catch(() => {});
door.dataset.ready = "yes";
