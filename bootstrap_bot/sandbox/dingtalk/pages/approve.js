"use strict";

const chinese = document.documentElement.lang === "zh";
const userCode = new URLSearchParams(location.search).get("user_code") ?? "";
const ENDS = ["SUCCESS", "APPROVING", "FAIL", "EXPIRED", "UNKNOWN"];
const byId = (id) => document.getElementById(id);
const say = (text) => (chinese ? CHINESE[text] ?? text : text);
// A full-width colon brings its own space.
const labelled = (label, value) => say(label) + (chinese ? "" : " ") + value;

function fill(selector, text) {
  for (const element of document.querySelectorAll(selector)) {
    // Writing the same text again would make a screen reader say it again.
    if (element.textContent !== text) {
      element.textContent = text;
    }
  }
}

function translate() {
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = say(element.textContent.trim());
  }
  document.title = say(document.title);
  document.querySelector(".user-code").setAttribute("aria-label", say("Code"));
  byId("name").value = say("My bot");
}

function offerOtherLanguage() {
  const query = new URLSearchParams(location.search);
  query.set("lang", chinese ? "en" : "zh");
  const link = byId("language");
  link.href = "?" + query;
  link.lang = chinese ? "en" : "zh";
  link.textContent = chinese ? "English" : "中文";
  link.hidden = false;
}

function rowButton([name, title]) {
  const button = document.createElement("button");
  button.name = "row";
  button.value = name;
  button.textContent = say(title);
  return button;
}

function buildRows(groups) {
  for (const group of groups) {
    const heading = document.createElement("h2");
    heading.textContent = say(group.title);
    const list = document.createElement("div");
    list.className = "rows";
    list.append(...Object.entries(group.rows).map(rowButton));
    byId("rows").append(heading, list);
  }
}

function comingText(seen) {
  const parts = [];
  if (seen.queued.length) {
    parts.push(labelled("Next:", seen.queued.map(say).join(" → ")));
  }
  if (seen.standing) {
    parts.push(labelled("Every poll:", say(seen.standing)));
  }
  return parts.join(" · ");
}

function show(seen) {
  const known = seen.state !== "UNKNOWN";
  for (const id of ENDS) {
    byId(id).hidden = id !== seen.state;
  }
  byId("confirm").hidden = ENDS.includes(seen.state);
  byId("grant").hidden = !seen.pending;
  byId("play").hidden = !known;
  fill(".user-code", userCode);
  fill("#state", known ? labelled("State:", seen.state) : "");
  fill("#polls", known ? `· ${labelled("Polls:", seen.polls)}` : "");
  if (!known) {
    return;
  }
  fill(".bot-name", say(seen.name));
  fill(".reason", seen.reason);
  fill("#coming", comingText(seen));
  byId("playing").hidden = !seen.queued.length && !seen.standing;
  if (!byId("rows").hasChildNodes()) {
    buildRows(seen.groups);
  }
}

async function ask(address, options) {
  try {
    const answer = await fetch(address, options);
    show(await answer.json());
  } catch {
    fill("#state", say("The stand-in does not answer."));
    fill("#polls", "");
  }
}

async function submit(event) {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(event.target, event.submitter));
  body.set("user_code", userCode);
  if (body.get("reason") === "") {
    body.set("reason", say("The person refused."));
  }
  const address = event.submitter.hasAttribute("formaction")
    ? event.submitter.formAction
    : event.target.action;
  await ask(address, { method: "POST", body });
  // When the button pressed is gone, the keyboard's place must not be gone with it.
  if (!event.submitter.checkVisibility()) {
    document.querySelector(".verdict:not([hidden]) h1")?.focus();
  }
}

const look = () => ask("/sandbox/registration?" + new URLSearchParams({ user_code: userCode }));

translate();
offerOtherLanguage();
document.addEventListener("submit", submit);
document.querySelector(".refusal").addEventListener("toggle", (event) => {
  // On a small phone what has just opened lies below the screen.
  if (event.target.open) event.target.scrollIntoView({ block: "nearest" });
});
look();
setInterval(look, 1000);
