/* Keys for the pages. Whatever bears data-key="x" is pressed by x: a button is clicked, a panel opened, a field focused.
   Nothing here reads or writes markup as text, keeps anything, or asks another place. */
"use strict";
(() => {
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const rows = () => all("#rows > .row");
  const current = () => one("#rows > .row.current");
  const picks = () => all('#rows input[name="pick"]:checked');
  const say = (text) => { const place = one("#said"); if (place) place.textContent = text; };

  function mark(row) {
    all("#rows > .row.current").forEach((other) => { other.classList.remove("current"); one("a.open", other)?.removeAttribute("aria-current"); });
    if (!row) return;
    row.classList.add("current");
    one("a.open", row)?.setAttribute("aria-current", "true");
    row.scrollIntoView({ block: "nearest" });
  }

  function show(row) {
    const link = row && one("a.open", row);
    if (!link) return;
    mark(row);
    htmx.ajax("GET", link.getAttribute("href"), { target: "#card", swap: "innerHTML" });
  }

  function beside(row, step) {
    const list = rows();
    const at = row ? list.indexOf(row) + step : 0;
    return list[Math.max(0, Math.min(list.length - 1, at))];
  }

  function following(gone) {
    const list = rows();
    const at = Math.max(0, list.findIndex((row) => gone.has(row.dataset.family)));
    return list.slice(at).find((row) => !gone.has(row.dataset.family)) || list.slice(0, at).reverse().find((row) => !gone.has(row.dataset.family));
  }

  function count() {
    const batch = one("#batch");
    if (!batch) return;
    const number = picks().length;
    batch.dataset.picked = String(number);
    const told = one("#picked");
    if (number) told.textContent = number === 1 ? told.dataset.one : told.dataset.many.replace("#", String(number));
  }

  function press(key) {
    const place = picks().length && one("#batch");
    const found = (place && one(`[data-key="${CSS.escape(key)}"]`, place)) || one(`#card [data-key="${CSS.escape(key)}"]`) || all(`[data-key="${CSS.escape(key)}"]`).find((node) => !node.closest("#batch"));
    if (!found || found.disabled) return false;
    if (found.tagName === "SUMMARY") {
      const panel = found.parentElement;
      panel.open = !panel.open;
      if (panel.open) (one("input:not([type=hidden]), select, textarea", panel) || found).focus();
      else found.focus();
    } else if (/^(INPUT|SELECT|TEXTAREA)$/.test(found.tagName)) {
      found.focus();
    } else {
      found.click();
    }
    return true;
  }

  function close() {
    const open = all("details.panel[open]");
    open.forEach((panel) => { panel.open = false; });
    const title = one("#card-title");
    if (title) title.focus({ preventScroll: true });
  }

  const moves = {
    j: () => show(beside(current(), 1)), ArrowDown: () => show(beside(current(), 1)),
    k: () => show(beside(current(), -1)), ArrowUp: () => show(beside(current(), -1)),
    x: () => { const box = current() && one('input[name="pick"]', current()); if (box) { box.checked = !box.checked; count(); } },
    X: () => { picks().forEach((box) => { box.checked = false; }); count(); },
    "?": () => { const keys = one("#keys"); if (keys) keys.open ? keys.close() : keys.showModal(); },
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target;
    const typing = target.matches && target.matches("input:not([type=checkbox]):not([type=radio]), select, textarea");
    if (event.key === "Escape" && !one("dialog[open]")) { target.blur(); close(); return; }
    if (typing) {
      if (event.key === "Enter" && target.tagName === "INPUT") {
        const panel = target.closest("details.panel");
        const button = panel && one("button.main", panel);
        if (button) { event.preventDefault(); button.click(); }
      }
      return;
    }
    if (one("dialog[open]") && event.key !== "?") return;
    const list = one("#rows");
    const arrows = event.key.startsWith("Arrow");
    if (arrows && target.closest && target.closest("#card, nav, details")) return;
    if (moves[event.key] && (list || event.key === "?")) { event.preventDefault(); moves[event.key](); return; }
    if (event.key.length === 1 && press(event.key)) event.preventDefault();
  });

  document.addEventListener("change", (event) => {
    if (event.target.name === "pick") count();
    if (event.target.matches("select[data-submit]")) event.target.form.requestSubmit();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("#rows a.open");
    if (link) mark(link.closest(".row"));
    const key = event.target.closest && event.target.closest("button[type=button][data-key]");
    if (key && moves[key.dataset.key]) moves[key.dataset.key]();
  });

  /* The answer to a decision brings the next card with it, so that one request does both. */
  document.addEventListener("htmx:configRequest", (event) => {
    const form = event.detail.elt;
    if (!form.matches || !form.matches("form.choose, #batch")) return;
    const gone = new Set(form.id === "batch" ? picks().map((box) => box.value.split(":")[0]) : [current()?.dataset.family || form.closest("[data-family]")?.dataset.family]);
    const next = following(gone);
    event.detail.parameters.set ? event.detail.parameters.set("next", next ? next.dataset.family : "") : (event.detail.parameters.next = next ? next.dataset.family : "");
  });

  function settle(families) {
    const gone = new Set(families.map(String));
    const next = following(gone);
    rows().filter((row) => gone.has(row.dataset.family)).forEach((row) => row.remove());
    mark(next);
    count();
    const more = one("#rows > .more a");
    if (more && rows().length < 15) more.click();
  }

  document.addEventListener("decided", (event) => settle(event.detail.families || []));
  document.addEventListener("undone", (event) => mark(document.getElementById(`row-${event.detail.family}`)));

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "card") return;
    const title = one("#card-title");
    if (title) title.focus({ preventScroll: true });
    event.detail.target.scrollTop = 0;
  });
  document.addEventListener("htmx:sendError", () => say("The server does not answer."));

  /* A session that is over, or a server's own fault, must be seen. */
  document.addEventListener("htmx:responseError", (event) => say(`The server answered ${event.detail.xhr.status}.`));

  function tick() {
    const tally = one("#tally"), clock = one("#clock");
    if (!tally || !clock || !tally.dataset.first) return;
    clock.textContent = clock.dataset.minutes.replace("#", String(Math.floor((Date.now() / 1000 - Number(tally.dataset.first)) / 60)));
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.documentElement.classList.add("scripted");
    const help = one("#help");
    if (help) help.hidden = false;
    const shown = one("#card [data-family]");
    mark(shown ? document.getElementById(`row-${shown.dataset.family}`) : null);
    count();
    setInterval(tick, 15000);
  });
})();
