// Small comforts. Every page and every form works without this file.

const on = (event, selector, act) =>
  document.addEventListener(event, (e) => {
    const found = e.target.closest?.(selector);
    if (found) act(found, e);
  });

// Going back keeps what was typed; the link underneath would not.
on("click", "[data-back]", (_, e) => {
  if (history.length > 1 && document.referrer.startsWith(location.origin)) {
    e.preventDefault();
    history.back();
  }
});

// Toasts can be closed.
const closable = (root) => root.querySelectorAll?.("[data-close]").forEach((b) => (b.hidden = false));
closable(document);
on("click", "[data-close]", (button) => button.parentElement.remove());

// What htmx puts into #notices is read out and seen.
document.addEventListener("htmx:afterSwap", (e) => {
  closable(e.target);
  if (e.target.id === "notices") e.target.firstElementChild?.focus();
});

// The head's box ticks the page; the bar above says how many are ticked.
on("change", ".table input[type=checkbox]", (box) => {
  const table = box.closest("table");
  const rows = [...table.querySelectorAll("tbody td:first-child > input[type=checkbox]")];
  const head = table.querySelector("thead input[type=checkbox]");
  if (box === head) rows.forEach((row) => (row.checked = head.checked));
  const ticked = rows.filter((row) => row.checked).length;
  if (head) {
    head.checked = ticked === rows.length && ticked > 0;
    head.indeterminate = ticked > 0 && ticked < rows.length;
  }
  const bulk = box.closest(".card")?.querySelector("[data-bulk]");
  if (bulk) bulk.firstElementChild.textContent = bulk.dataset.bulk.replace("#", ticked);
});

// The place switcher and the menu close by Escape, the switcher also by a click beside it.
document.addEventListener("keydown", (e) => {
  const open = e.key === "Escape" && document.querySelector("details.place[open], details.menu[open]");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});
document.addEventListener("click", (e) => {
  const open = document.querySelector("details.place[open]");
  if (open && !open.contains(e.target)) open.open = false;
});

// Reading aloud, where the browser can: WeChat's often cannot, and then there is no button.
if ("speechSynthesis" in window) {
  document.querySelectorAll("[data-speak]").forEach((button) => {
    const words = button.querySelector("span");
    const start = words.textContent;
    const rest = () => (words.textContent = start);
    button.hidden = false;
    button.addEventListener("click", () => {
      if (speechSynthesis.speaking) {
        speechSynthesis.cancel();
        rest();
        return;
      }
      const speech = new SpeechSynthesisUtterance(document.querySelector(button.dataset.speak).innerText);
      speech.lang = "zh-CN";
      speech.rate = 0.9;
      speech.onend = speech.onerror = rest;
      words.textContent = button.dataset.stop;
      speechSynthesis.speak(speech);
    });
  });
}
