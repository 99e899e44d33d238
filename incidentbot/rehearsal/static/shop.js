// Fetches every picture again and again, and says in words what a customer cannot see.
// A tile changes only when its state does, so nothing flashes while all is well.
"use strict";

const PAUSE_MS = Number(document.body.dataset.pause);
const SLOW_MS = 1000;
const tiles = [...document.querySelectorAll("[data-key]")];

async function look(tile) {
  const began = performance.now();
  const seen = { ok: false, origin: "", error: "", ms: 0 };
  try {
    const answer = await fetch("/assets/" + encodeURIComponent(tile.dataset.key), { cache: "no-store" });
    seen.origin = answer.headers.get("x-asset-origin") || "";
    const body = await answer.blob();
    if (answer.ok) {
      await show(tile, body);
      seen.ok = true;
    } else {
      seen.error = answer.headers.get("x-asset-error") || "answers " + answer.status;
    }
  } catch (fault) {
    seen.error = seen.origin ? "sent something that is no picture" : "";
  }
  seen.ms = performance.now() - began;
  if (!seen.ok) lose(tile, seen);
  return seen;
}

async function show(tile, body) {
  const image = tile.querySelector("img");
  if (!tile.classList.contains("broken") && image.complete && image.naturalWidth > 0) return;
  const fresh = new Image();
  fresh.src = URL.createObjectURL(body);
  await fresh.decode();
  const old = image.src;
  image.src = fresh.src;
  if (old.startsWith("blob:")) URL.revokeObjectURL(old);
  tile.classList.remove("broken");
  tile.querySelector(".missing").hidden = true;
}

function lose(tile, seen) {
  tile.classList.add("broken");
  const missing = tile.querySelector(".missing");
  missing.hidden = false;
  missing.querySelector("span").textContent = seen.error || "shop unreachable";
}

function commonest(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) || 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] || "";
}

function tell(all) {
  const lost = all.filter((one) => !one.ok);
  const origin = commonest(all.map((one) => one.origin).filter(Boolean));
  const slow = all.map((one) => one.ms).sort((a, b) => a - b)[Math.floor(all.length / 2)];
  let state = "well";
  let words = `All ${all.length} pictures load.`;
  if (lost.length && !origin) {
    state = "broken";
    words = "The shop itself cannot be reached.";
  } else if (lost.length) {
    state = "broken";
    const many = lost.length === 1 ? "picture" : "pictures";
    words = `${lost.length} of ${all.length} ${many} cannot be loaded: origin ${lost[0].origin || origin} ` +
      `${commonest(lost.map((one) => one.error)) || "cannot be reached"}.`;
  } else if (slow > SLOW_MS) {
    state = "slow";
    words = `All ${all.length} pictures load, but slowly (${(slow / 1000).toFixed(1)} s each): origin ${origin} is slow.`;
  }
  put("words", words);
  if (origin) put("origin", origin);
  const status = document.getElementById("status");
  if (!status.classList.contains(state)) status.className = "status " + state;
  document.title = state === "well" ? "Shop" : `Shop: ${lost.length ? lost.length + " pictures missing" : "slow pictures"}`;
}

// Only a real change may touch the page: screen readers announce every write to a live region.
function put(id, words) {
  const place = document.getElementById(id);
  if (place.textContent === words) return;
  place.replaceChildren(...words.split(/([a-z]+-[a-z]+-\d)/).map((part, n) => {
    if (n % 2 === 0) return part;
    const region = document.createElement("span"); // its name stays on one line
    region.className = "whole";
    region.textContent = part;
    return region;
  }));
}

async function sweep() {
  const latest = new Map();
  await Promise.all(tiles.map(async (tile) => {
    latest.set(tile, await look(tile));
    if (latest.size === tiles.length) tell([...latest.values()]);
  }));
  setTimeout(sweep, PAUSE_MS);
}

sweep();
