// The page works without this file. With it: live changes, no reloads, completion, a movable pane.
"use strict";

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const body = document.body;

document.documentElement.classList.add("js");
// Times are shown in the zone of the person who looks.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const knewZone = document.cookie.split("; ").includes(`zone=${zone}`);
document.cookie = `zone=${zone}; path=/; SameSite=Strict; max-age=31536000`;

// --- showing what the server says, without losing what a person is doing -----------------------

const OWN = new Set(["style", "open"]); // set by this script or by the person

function morph(from, to) {
  if (from.isEqualNode(to) || from.hasAttribute("data-own")) return;
  for (const { name } of [...from.attributes]) if (!OWN.has(name) && !to.hasAttribute(name)) from.removeAttribute(name);
  for (const { name, value } of to.attributes) if (!OWN.has(name) && from.getAttribute(name) !== value) from.setAttribute(name, value);
  if (from.tagName !== "TEXTAREA") morphChildren(from, to);
}

function morphChildren(from, to) {
  const wanted = new Set([...to.children].map((child) => child.id).filter(Boolean));
  const known = new Map([...from.children].filter((child) => child.id).map((child) => [child.id, child]));
  let at = from.firstChild;
  const skip = () => { while (at && at.id && !wanted.has(at.id)) { const next = at.nextSibling; at.remove(); at = next; } };
  for (const want of [...to.childNodes]) {
    skip();
    let have = want.id ? known.get(want.id) : null;
    if (!have && at && !at.id && !want.id && at.nodeName === want.nodeName) have = at;
    if (have && have.nodeName !== want.nodeName) have = null;
    if (!have) { from.insertBefore(document.importNode(want, true), at); continue; }
    if (have === at) at = at.nextSibling; else from.insertBefore(have, at);
    if (have.nodeType === Node.ELEMENT_NODE) morph(have, want);
    else if (have.nodeValue !== want.nodeValue) have.nodeValue = want.nodeValue;
  }
  while (at) { const next = at.nextSibling; at.remove(); at = next; }
}

const scroller = () => $("#scroll");
const atBottom = () => { const s = scroller(); return !s || s.scrollHeight - s.scrollTop - s.clientHeight < 60; };
const toBottom = () => { const s = scroller(); if (s) s.scrollTop = s.scrollHeight; for (const t of $$("#thread-messages")) t.scrollTop = t.scrollHeight; hideJump(); };
const hideJump = () => { const jump = $(".jump"); if (jump) jump.hidden = true; };
let followed = true; // the newest message was in sight when we last looked

let running = null, again = false;
function refresh() {
  if (running) { again = true; return running; }
  running = load(location.pathname + location.search).catch(() => {}).finally(() => {
    running = null;
    if (again) { again = false; refresh(); }
  });
  return running;
}

async function load(url) {
  const seen = document.hidden ? "hidden" : "visible";
  const answer = await fetch(url, { headers: { "X-Live": seen }, cache: "no-store" });
  if (!answer.ok) return false;
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (url !== location.pathname + location.search) return false; // gone elsewhere meanwhile
  return show(next);
}

function show(next) {
  const regions = $$("[data-live]");
  const names = (list) => list.map((one) => one.id).join();
  if (names(regions) !== names($$("[data-live]", next))) return false;
  const stick = atBottom(), last = lastMessage();
  const replies = $$("#thread-messages .message").length;
  for (const region of regions) morph(region, next.getElementById(region.id));
  for (const name of ["me", "channel", "complete"]) body.dataset[name] = next.body.dataset[name] ?? "";
  for (const field of $$('#shortcuts input[type="hidden"]')) field.value = $(`#shortcuts [name="${field.name}"]`, next).value;
  document.title = next.title;
  syncDialog();
  if (stick) toBottom(); else if (lastMessage() !== last) $(".jump").hidden = false;
  const thread = $("#thread-messages");
  if (thread && $$(".message", thread).length > replies) thread.scrollTop = thread.scrollHeight;
  return true;
}

const lastMessage = () => $$("#messages > .message").pop()?.id ?? "";

// Going somewhere inside the workspace keeps the pane and its page as they are.
async function visit(url, push = true) {
  const before = body.dataset.channel, me = body.dataset.me;
  const answer = await fetch(url, { headers: { "X-Live": "visible" }, cache: "no-store" }).catch(() => null);
  const next = answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  if (location.hash) location.replace("#"); // pushState alone would leave the old :target
  if (push && next) history.pushState(null, "", url);
  if (!next || !show(next)) { location.assign(url); return; }
  here = location.pathname + location.search;
  if (body.dataset.me !== me) listen();
  if (body.dataset.channel !== before) { for (const area of $$(".composer textarea")) area.value = ""; toBottom(); }
  const thread = new URL(url, location).searchParams.has("thread");
  const changing = $(".editing textarea");
  if (changing) { changing.focus(); changing.setSelectionRange(changing.value.length, changing.value.length); changing.scrollIntoView({ block: "nearest" }); }
  else if (matchMedia("(pointer: fine)").matches) $(thread ? "#composer-thread textarea" : "#composer textarea")?.focus();
}

let here = location.pathname + location.search;
addEventListener("popstate", () => { // also sent when only the part behind # has changed
  if (location.pathname + location.search !== here) visit(location.pathname + location.search, false);
});
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const href = link.getAttribute("href");
  if (link.hasAttribute("data-click-link")) send("/click", new FormData(link.closest("form")));
  else if (href.startsWith("/channels/")) { event.preventDefault(); visit(href); }
  else if (href.startsWith("#m-")) link.closest("details")?.removeAttribute("open");
});

// --- the live stream ----------------------------------------------------------------------------

let stream = null, soon = 0;
function listen() {
  stream?.close();
  stream = new EventSource(`/events?as=${encodeURIComponent(body.dataset.me)}`);
  const later = () => { clearTimeout(soon); soon = setTimeout(refresh, 25); };
  let first = knewZone;
  stream.addEventListener("hello", () => { $("#offline").hidden = true; body.dataset.connected = "yes"; if (!first) later(); first = false; });
  for (const name of ["channels", "view", "ephemeral"]) stream.addEventListener(name, later);
  stream.addEventListener("channel", (event) => { if (JSON.parse(event.data).channel === body.dataset.channel) later(); });
  stream.onerror = () => { $("#offline").hidden = false; delete body.dataset.connected; };
}
addEventListener("pagehide", () => stream?.close());
addEventListener("pageshow", (event) => { if (event.persisted) { listen(); refresh(); } });
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });

// --- sending --------------------------------------------------------------------------------------

let toastTimer = 0;
function toast(text) {
  const box = $("#toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { box.hidden = true; }, 6000);
}

const plainFields = (form) => [...form].filter(([, value]) => typeof value === "string");
const hasFiles = (form) => [...form.values()].some((value) => value instanceof File && value.name);

async function post(url, form) {
  try {
    const answer = await fetch(url, { method: "POST", body: hasFiles(form) ? form : new URLSearchParams(plainFields(form)), headers: { Accept: "application/json" }, keepalive: !hasFiles(form) });
    return await answer.json();
  } catch {
    return { ok: false, error: "no_connection", message: "The workspace did not answer. Is it still running?" };
  }
}

async function send(url, form) {
  const answer = await post(url, form);
  if (!answer.ok) toast(answer.message || answer.error);
  await refresh();
  return answer;
}

document.addEventListener("submit", async (event) => {
  const form = event.target, button = event.submitter;
  if (form.method !== "post") return;
  event.preventDefault();
  const url = button?.hasAttribute("formaction") ? button.formAction : form.action;
  const data = new FormData(form, button);
  if (form.closest(".strip")) { await post(url, data); await refreshStrip(); return; }
  if (form.matches("[data-say]")) { say(form, data); return; }
  if (form.matches("[data-view-form]")) { sendView(form, url, data); return; }
  if (form.matches("[data-edit]")) {
    const answer = await post(url, data);
    if (answer.ok) leaveEdit(form); else toast(answer.message || answer.error);
    return;
  }
  if (form.getAttribute("aria-busy") === "true") return; // a double click is one click
  form.closest("details")?.removeAttribute("open");
  for (const question of $$(":popover-open", form)) question.hidePopover();
  form.setAttribute("aria-busy", "true");
  await send(url, data);
  form.removeAttribute("aria-busy");
});

// An element that acts as soon as something is chosen: a select, boxes, a date.
function act(control) {
  const place = control.closest(".act");
  const question = $("[data-ask]", place);
  if (question) { document.getElementById(question.getAttribute("popovertarget")).showPopover(); return; }
  if (place.matches("form")) { place.requestSubmit(); return; }
  const form = place.closest("form");
  const data = new FormData(form);
  data.set("click", `${place.dataset.block}/${place.dataset.action}`);
  send(`/views/${form.closest("[data-view]").dataset.view}/click`, data);
}
document.addEventListener("change", (event) => {
  const control = event.target;
  const menu = control.closest("details.multi");
  if (menu) {
    const names = $$("input:checked", menu).map((box) => box.parentElement.textContent.trim());
    $("summary", menu).textContent = names.join(", ") || menu.dataset.placeholder;
    menu.dataset.changed = "yes";
  } else if (control.closest(".act") && control.matches("select, [type=checkbox], [type=radio], [type=date], [type=time], [type=datetime-local]")) act(control);
});
document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (menu.matches?.("details.multi") && !menu.open && menu.dataset.changed && menu.closest(".act")) { delete menu.dataset.changed; act(menu); }
}, true);
document.addEventListener("click", (event) => { // a click elsewhere closes what hangs open
  for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// --- external selects: the app offers what fits the words -----------------------------------------

const chip = (place, option) => {
  const one = Object.assign(document.createElement("span"), { className: "chip" });
  const field = Object.assign(document.createElement("input"), { type: "hidden", name: place.dataset.suggest, value: option.value });
  const off = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
  off.setAttribute("data-remove", "");
  off.setAttribute("aria-label", `Remove ${option.text.text}`);
  one.append(field, option.text.text, off);
  return one;
};
const offersOf = (place) => $(".offers", place);
const options = (place) => $$("[role=option]", offersOf(place));
function shut(place) {
  offersOf(place).hidden = true;
  const box = $("[data-query]", place);
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
}
function point(place, index) {
  const all = options(place), box = $("[data-query]", place);
  all.forEach((row, n) => row.setAttribute("aria-selected", String(n === index)));
  all[index]?.scrollIntoView({ block: "nearest" });
  if (all[index]) box.setAttribute("aria-activedescendant", all[index].id);
}
let asked = 0;
async function ask(place) {
  const box = $("[data-query]", place), mine = ++asked, query = box.value.trim();
  if (query.length < Number(place.dataset.least)) { shut(place); return; }
  const { block, action, channel, ts, view } = place.dataset;
  const fields = { as: body.dataset.me, block_id: block, action_id: action, query, ...(view ? { view_id: view } : { channel, ts }) };
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  place.setAttribute("aria-busy", "true");
  const answer = await post("/suggest", form);
  if (mine !== asked) return; // more was typed meanwhile
  place.removeAttribute("aria-busy");
  const rows = [], note = (text) => rows.push(Object.assign(document.createElement("div"), { className: "menu-head", textContent: text }));
  const add = (option) => {
    const row = Object.assign(document.createElement("div"), { id: `${box.id}-${rows.length}`, textContent: option.text.text });
    row.setAttribute("role", "option");
    if (option.description) row.append(Object.assign(document.createElement("small"), { textContent: option.description.text }));
    row.option = option;
    rows.push(row);
  };
  if (!answer.ok) note(answer.message || answer.error);
  for (const group of answer.option_groups || []) { note(group.label.text); group.options.forEach(add); }
  (answer.options || []).forEach(add);
  if (!rows.length) note("Nothing found.");
  offersOf(place).replaceChildren(...rows);
  offersOf(place).hidden = false;
  box.setAttribute("aria-expanded", "true");
  point(place, 0);
}
function choose(place, option) {
  const chips = $(".chips", place), many = place.hasAttribute("data-many");
  if (!many) chips.replaceChildren();
  if (![...$$("input", chips)].some((field) => field.value === option.value)) chips.append(chip(place, option));
  const box = $("[data-query]", place);
  box.value = "";
  shut(place);
  box.focus();
  if (place.closest(".act")) act(box);
}
let wait = 0;
document.addEventListener("input", (event) => {
  const place = event.target.matches("[data-query]") && event.target.closest("[data-suggest]");
  if (place) { clearTimeout(wait); wait = setTimeout(ask, 120, place); }
});
document.addEventListener("focusin", (event) => {
  const place = event.target.matches?.("[data-query]") && event.target.closest("[data-suggest]");
  if (place && place.dataset.least === "0") ask(place);
});
document.addEventListener("focusout", (event) => {
  const place = event.target.matches?.("[data-query]") && event.target.closest("[data-suggest]");
  if (place) shut(place);
});
document.addEventListener("mousedown", (event) => {
  const row = event.target.closest?.("[data-suggest] [role=option]");
  if (row) { event.preventDefault(); choose(row.closest("[data-suggest]"), row.option); }
});
document.addEventListener("click", (event) => {
  const off = event.target.closest?.("[data-remove]");
  if (!off) return;
  const place = off.closest("[data-suggest]");
  off.parentElement.remove();
  $("[data-query]", place).focus();
  if (place.closest(".act")) act($("[data-query]", place));
});
document.addEventListener("keydown", (event) => {
  const place = event.target.matches?.("[data-query]") && event.target.closest("[data-suggest]");
  if (!place) return;
  const open = !offersOf(place).hidden, all = options(place);
  const now = all.findIndex((row) => row.getAttribute("aria-selected") === "true");
  if (event.key === "Enter") { event.preventDefault(); event.stopImmediatePropagation(); if (open && all[now]) choose(place, all[now].option); return; }
  if (event.key === "Escape" && open) { event.preventDefault(); event.stopImmediatePropagation(); shut(place); return; }
  if (event.key === "Backspace" && !event.target.value) { $(".chip:last-child [data-remove]", place)?.click(); return; }
  if (!open || !/^Arrow(Up|Down)$/.test(event.key) || !all.length) return;
  event.preventDefault();
  point(place, (now + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length);
}, true);

// --- views ------------------------------------------------------------------------------------------

// Where the person was before a form came up: they are taken back there when it is gone.
let before = null;
const inBox = () => $(location.search.includes("thread=") ? "#composer-thread textarea" : "#composer textarea") || $("#main");

function syncDialog() {
  const dialog = $("#view dialog");
  if (!dialog && before) { (before.isConnected && before.checkVisibility() ? before : inBox())?.focus(); before = null; }
  if (!dialog || dialog.matches(":modal")) return;
  const at = document.activeElement;
  before ||= at && at !== body && at.checkVisibility() ? at : inBox();
  dialog.removeAttribute("open");
  dialog.showModal();
  ($("[autofocus]", dialog) || $(".modal-body :is(input:not([type=hidden]), textarea, select, button)", dialog) || $("footer button", dialog))?.focus();
}

async function sendView(form, url, data) {
  if (form.getAttribute("aria-busy") === "true") return;
  for (const question of $$(":popover-open", form)) question.hidePopover();
  if (!/\/submit$/.test(new URL(url).pathname)) { await send(url, data); return; }
  form.setAttribute("aria-busy", "true");
  $("[data-submit]", form)?.setAttribute("aria-busy", "true");
  showErrors(form, {}, "");
  const answer = await post(url, data);
  form.removeAttribute("aria-busy");
  $("[data-submit]", form)?.removeAttribute("aria-busy");
  if (answer.ok || answer.errors) showErrors(form, answer.errors || {}, "");
  else showErrors(form, {}, answer.message || answer.error);
  await refresh();
}

function showErrors(form, errors, failure) {
  for (const place of $$("[data-error-for]", form)) {
    const text = errors[place.dataset.errorFor] || "";
    place.textContent = text;
    place.hidden = !text;
    place.closest(".input").classList.toggle("wrong", Boolean(text));
  }
  $(".input.wrong :is(input, textarea, select)", form)?.focus();
  const line = $(".failure", form);
  if (line) { line.textContent = failure; line.hidden = !failure; }
}

document.addEventListener("cancel", (event) => {
  if (!event.target.matches("dialog.modal")) return;
  event.preventDefault();
  $("[data-close]", event.target).click();
}, true);

// --- the message box ----------------------------------------------------------------------------------

async function say(form, data) {
  const area = $("textarea", form), failure = $(".failure", form);
  if ((!area.value.trim() && !hasFiles(data)) || form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  const text = area.value;
  area.value = "";
  closeList();
  const answer = await post(form.action, data);
  form.removeAttribute("aria-busy");
  failure.hidden = answer.ok;
  failure.textContent = answer.ok ? "" : answer.message || answer.error;
  if (!answer.ok && !area.value) area.value = text;
  if (answer.ok) { $("[type=file]", form).value = ""; showFiles(form); }
  await refresh();
  if (answer.ok) toBottom();
}

// Changing one's own message: Enter saves, Escape leaves it as it was.
function leaveEdit(form) {
  const message = form.closest(".message").id;
  visit(form.dataset.edit).then(() => document.getElementById(message)?.focus());
}
document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.(".editing textarea") || event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); event.target.form.requestSubmit(); }
  if (event.key === "Escape") { event.preventDefault(); event.stopImmediatePropagation(); leaveEdit(event.target.form); }
}, true);

// All reactions, in one box for all messages.
let reacting = null;
document.addEventListener("click", (event) => {
  const more = event.target.closest?.("[data-signs]"), sign = event.target.closest?.("#signs [data-name]");
  if (more) {
    reacting = more.form;
    const search = $("#signs input");
    search.value = "";
    for (const button of $$("#signs [data-name]")) button.hidden = false;
    const at = more.getBoundingClientRect(), box = $("#signs");
    box.style.left = `${Math.max(8, Math.min(at.left - 250, innerWidth - 320))}px`;
    box.style.top = `${Math.max(8, Math.min(at.bottom + 6, innerHeight - 330))}px`;
    box.showPopover();
    search.focus();
  } else if (sign) {
    const form = new FormData(reacting);
    form.set("name", sign.dataset.name);
    $("#signs").hidePopover();
    send("/react", form).then(() => reacting.closest(".message")?.focus());
  }
});
document.addEventListener("input", (event) => {
  if (!event.target.matches("#signs input")) return;
  const word = event.target.value.trim().toLowerCase().replaceAll(" ", "_");
  for (const button of $$("#signs [data-name]")) button.hidden = !button.dataset.name.includes(word);
});
document.addEventListener("keydown", (event) => {
  if (!event.target.closest?.("#signs")) return;
  const shown = $$("#signs [data-name]:not([hidden])"), now = shown.indexOf(event.target);
  if (event.key === "Enter" && now < 0) { event.preventDefault(); shown[0]?.click(); return; }
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 }[event.key];
  if (!step || (now < 0 && step !== 8)) return;
  event.preventDefault();
  (shown[now < 0 ? 0 : now + step] || $("#signs input")).focus();
});

function showFiles(form) {
  const field = $("[type=file]", form), names = [...field.files].map((file) => file.name);
  field.parentElement.classList.toggle("full", names.length > 0);
  field.parentElement.title = names.join(", ") || "Add files";
  if (names.length) { toast(`To be sent: ${names.join(", ")}`); $("textarea", form).focus(); }
}
document.addEventListener("change", (event) => { if (event.target.matches(".attach input")) showFiles(event.target.form); });

const list = $("#complete");
let offers = [], chosen = -1, target = null;

function offersFor(area) {
  const known = JSON.parse(body.dataset.complete || "{}");
  const text = area.value.slice(0, area.selectionStart);
  if (area.hasAttribute("data-commands") && /^\/\S*$/.test(text))
    return (known["/"] || []).filter((one) => one.name.startsWith(text)).map((one) => ({ ...one, from: 0, put: one.name + " ", first: one.name !== text }));
  const sub = area.hasAttribute("data-commands") && text.match(/^(\/\S+) (\S*)$/);
  const command = sub && (known["/"] || []).find((one) => one.name === sub[1]);
  if (command && command.hint.includes("|")) {
    const words = command.hint.replace(/^[[<(]|[\])>]$/g, "").split("|").map((word) => word.trim());
    return words.filter((word) => word.startsWith(sub[2]) && word.split(" ")[0] !== sub[2])
      .map((word) => ({ name: word, about: "", from: sub[1].length + 1, put: word.split(/[ [<]/)[0] + " ", first: sub[2] !== "" }));
  }
  const name = text.match(/(^|\s)([@#])([\w.-]*)$/);
  if (!name) return [];
  const part = (name[2] + name[3]).toLowerCase();
  return (known[name[2]] || []).filter((one) => one.name.startsWith(part) || (name[3] && one.about.toLowerCase().startsWith(name[3].toLowerCase())))
    .slice(0, 8).map((one) => ({ ...one, from: text.length - part.length, put: one.name + " ", first: true }));
}

function openList(area) {
  offers = offersFor(area);
  if (!offers.length) { closeList(); return; }
  target = area;
  chosen = offers[0].first ? 0 : -1;
  list.replaceChildren(...offers.map((one, index) => {
    const row = Object.assign(document.createElement("div"), { id: `offer-${index}` });
    row.setAttribute("role", "option");
    const add = (tag, text, cls = "") => { if (text) row.append(Object.assign(document.createElement(tag), { textContent: text, className: cls })); };
    add("b", one.name); add("small", one.about); add("small", one.app); add("small", one.hint, "hint");
    row.addEventListener("mousedown", (event) => { event.preventDefault(); take(index); });
    return row;
  }));
  const box = area.closest(".composer-box").getBoundingClientRect();
  list.style.left = `${box.left}px`;
  list.style.bottom = `${innerHeight - box.top + 6}px`;
  list.style.width = `${Math.min(box.width, 560)}px`;
  list.hidden = false;
  area.setAttribute("aria-controls", "complete");
  mark();
}

function mark() {
  [...list.children].forEach((row, index) => row.setAttribute("aria-selected", String(index === chosen)));
  list.children[chosen]?.scrollIntoView({ block: "nearest" });
  if (chosen >= 0) target.setAttribute("aria-activedescendant", `offer-${chosen}`);
  else target.removeAttribute("aria-activedescendant");
}

function closeList() {
  list.hidden = true;
  offers = [];
  target?.removeAttribute("aria-activedescendant");
}

function take(index) {
  const one = offers[index], area = target, end = area.selectionStart;
  area.setRangeText(one.put, one.from, end, "end");
  area.focus();
  openList(area);
}

function fit(area) {
  if (CSS.supports("field-sizing", "content")) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}

document.addEventListener("input", (event) => {
  if (event.target.matches(".composer textarea")) { fit(event.target); openList(event.target); }
});
document.addEventListener("focusout", (event) => { if (event.target === target) closeList(); });
document.addEventListener("keydown", (event) => {
  const area = event.target;
  if (area.matches?.(".composer textarea") && !event.isComposing) {
    const open = !list.hidden && offers.length;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      chosen = chosen < 0 ? (step > 0 ? 0 : offers.length - 1) : (chosen + step + offers.length) % offers.length;
      mark();
      return;
    }
    if (open && (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey && chosen >= 0))) { event.preventDefault(); take(Math.max(chosen, 0)); return; }
    if (open && event.key === "Escape") { event.stopPropagation(); closeList(); return; }
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); area.form.requestSubmit(); return; }
  }
  if (onMessage(event) || elsewhere(event)) { event.preventDefault(); return; }
  if (area.matches?.(".act:not(form) input") && event.key === "Enter") { event.preventDefault(); act(area); return; }
  if (event.key !== "Escape" || $("dialog:modal, :popover-open")) return;
  const menu = $("details.menu[open]");
  if (menu) { menu.open = false; $("summary", menu).focus(); } else if (location.hash === "#sidebar") location.hash = "";
  else if (area.closest?.(".thread")) $("#thread .close")?.click();
});

// Arrows walk through the messages; r, t, p and e do what the buttons at a message do.
const KEYS = { r: ".tools .picker > summary", t: '.tools > a[href*="thread="]:not([href*="edit="])', p: 'form[action="/pin"] button', e: '.tools > a[href*="edit="]' };
function onMessage(event) {
  const at = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || $("dialog:modal")) return false;
  if (!at.matches?.("li.message, #scroll")) return false;
  const step = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity }[event.key];
  if (step) {
    const all = $$(".message", at.closest(".thread") || $("#messages") || document);
    const now = all.indexOf(at), last = all.length - 1;
    if (last < 0) return false;
    const next = now < 0 ? last : Math.min(Math.max(now + step, 0), last);
    all[next].focus();
    all[next].scrollIntoView({ block: "nearest" });
    return true;
  }
  if (event.key === "Escape" && at.matches("li.message") && !$("details.menu[open]")) { (at.closest(".thread") ? $("#composer-thread textarea") : $("#composer textarea"))?.focus(); return true; }
  const button = KEYS[event.key] && $(KEYS[event.key], at);
  if (!button) return false;
  if (event.key === "e") visit(button.getAttribute("href"));
  else if (event.key === "t") visit(button.getAttribute("href")).then(() => $("#composer-thread textarea")?.focus());
  else button.click();
  if (event.key === "r") $(".signs button", button.parentElement)?.focus();
  return true;
}

// Ctrl+K searches; Alt and an arrow goes to the next channel; Arrow up in an empty box goes to the messages.
function elsewhere(event) {
  if ((event.ctrlKey || event.metaKey) && event.key === "k") { $(".search [type=search]").focus(); return true; }
  if (event.key === "ArrowUp" && event.target.matches?.(".composer textarea") && !event.target.value && !event.altKey) {
    const all = $$(".message", event.target.closest(".thread") || $("#messages"));
    all.pop()?.focus();
    return all.length >= 0;
  }
  if (!event.altKey || !/^Arrow(Up|Down)$/.test(event.key)) return false;
  const rows = $$('.lists a.row[href^="/channels/"]'), now = rows.findIndex((row) => row.hasAttribute("aria-current"));
  const next = rows[now + (event.key === "ArrowDown" ? 1 : -1)];
  if (next) visit(next.getAttribute("href"));
  return true;
}

// --- the strip and the pane ------------------------------------------------------------------------------

async function refreshStrip() {
  const strip = $("#strip");
  if (!strip || document.hidden) return;
  const answer = await fetch("/strip", { cache: "no-store" }).catch(() => null);
  if (!answer?.ok) return;
  const next = document.createElement("div");
  next.append(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
  morphChildren(strip, next);
}
if ($("#strip")) setInterval(refreshStrip, 1000);

function setUpPane() {
  const pane = $("#pane");
  if (!pane) return;
  const narrow = innerWidth < 1000;
  const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* private windows */ } };
  const kept = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  const toggle = (open) => {
    body.classList.toggle("pane-closed", !open);
    for (const button of $$(".pane-toggle")) { button.hidden = false; button.setAttribute("aria-expanded", String(open)); }
  };
  const width = (pixels) => {
    const clamped = Math.round(Math.min(Math.max(pixels, 260), innerWidth * 0.65));
    document.documentElement.style.setProperty("--pane-width", `${clamped}px`);
    keep("pane-width", clamped);
  };
  if (kept("pane-width")) width(Number(kept("pane-width")));
  toggle(narrow ? false : kept("pane") !== "closed");
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.(".pane-toggle")) return;
    const open = body.classList.contains("pane-closed");
    toggle(open);
    keep("pane", open ? "open" : "closed");
  });
  const handle = $(".pane-handle");
  handle.addEventListener("pointerdown", (event) => { handle.setPointerCapture(event.pointerId); body.classList.add("dragging"); });
  handle.addEventListener("pointermove", (event) => { if (body.classList.contains("dragging")) width(innerWidth - event.clientX); });
  handle.addEventListener("lostpointercapture", () => body.classList.remove("dragging"));
  handle.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: 24, ArrowRight: -24 }[event.key];
    if (step) { event.preventDefault(); width(pane.getBoundingClientRect().width + step); }
  });
}

setUpPane();
syncDialog();
if (!location.hash.startsWith("#m-")) toBottom();
scroller()?.addEventListener("scroll", () => { followed = atBottom(); if (followed) hideJump(); }, { passive: true });
if ($("#messages")) new ResizeObserver(() => { if (followed) toBottom(); }).observe($("#messages"));
$(".jump")?.addEventListener("click", toBottom);
listen();
