// Draws one chat as the server tells it, and sends back what the person does.

const query = new URLSearchParams(location.search);
const user = Number(query.get("user") ?? 42);
const lang = query.get("lang") || "en";
const chinese = lang.startsWith("zh");

const TEXTS = chinese
  ? {
      badge: "演示", hint: "输入命令，或者点一下：",
      harmless: "这里是演示用的手机，不会向 Telegram 发送任何内容。",
      menu: "菜单", placeholder: "消息", send: "发送", ok: "好", bot: "机器人", typing: "正在输入…",
      connecting: "正在连接…", copied: "已复制", copyFailed: "无法复制，请手动选择文字",
      lost: "没有连上，请再试一次", messages: "消息记录", photo: "图片", copy: "复制",
      opens: "在新标签页中打开", tapToCopy: "点击复制",
    }
  : {
      badge: "Demo", hint: "Type a command, or tap one:",
      harmless: "This is a practice phone. Nothing you do here reaches Telegram.",
      menu: "Menu", placeholder: "Message", send: "Send", ok: "OK", bot: "bot", typing: "typing…",
      connecting: "connecting…", copied: "Copied", copyFailed: "Could not copy: select the text instead",
      lost: "Not connected, please try again", messages: "Messages", photo: "Picture", copy: "copy",
      opens: "opens in a new tab", tapToCopy: "Tap to copy",
    };
const TOAST_MS = 3500;
const TYPING_MS = 5000;
const LINKS = new Set(["http:", "https:", "tg:"]);
const NEAR_PX = 120;

const at = (id) => document.getElementById(id);
const drawn = new Map(); // message id -> { node, key, revision }
let commands = [];
let active = -1;
let stuck = true; // to the latest message, until the person scrolls up
let toastTimer = 0;
let typingTimer = 0;

function make(tag, className = "", text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

// --- what the person does

async function post(path, body) {
  const answer = await fetch(`/sandbox/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ user, lang, ...body }),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function say(text) {
  closeCommands();
  try {
    await post("say", { text });
  } catch {
    toast(TEXTS.lost);
  }
}

async function press(node, message, row, column) {
  if (node.getAttribute("aria-busy") === "true") return;
  node.setAttribute("aria-busy", "true");
  try {
    const { answer, alert } = await post("press", { message, row, column });
    if (answer && alert) showAlert(answer);
    else if (answer) toast(answer);
  } catch {
    toast(TEXTS.lost);
  } finally {
    node.removeAttribute("aria-busy");
  }
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(TEXTS.copied);
    return true;
  } catch {
    toast(TEXTS.copyFailed);
    return false;
  }
}

// --- what the person is told besides messages

function toast(text) {
  clearTimeout(toastTimer);
  at("toast").textContent = text;
  at("toast").classList.add("shown");
  toastTimer = setTimeout(() => at("toast").classList.remove("shown"), TOAST_MS);
}

function showAlert(text) {
  at("alert-text").textContent = text;
  at("alert").showModal();
}

function state(text, busy) {
  at("state").textContent = text;
  at("state").classList.toggle("busy", busy);
}

// --- text with entities; offsets count UTF-16 code units, as JavaScript strings do

function link(url) {
  const node = make("a");
  let target = null;
  try {
    target = new URL(/^[a-z]+:\/\//i.test(url) ? url : `http://${url}`);
  } catch {
    return make("span");
  }
  if (!LINKS.has(target.protocol)) return make("span");
  node.href = target.href;
  node.target = "_blank";
  node.rel = "noopener noreferrer";
  return node;
}

function command(text) {
  const node = make("button", "command");
  node.type = "button";
  node.addEventListener("click", () => say(text));
  return node;
}

function copiable(text) {
  const node = make("code");
  node.tabIndex = 0;
  node.title = TEXTS.tapToCopy;
  node.setAttribute("role", "button");
  node.addEventListener("click", () => copy(text));
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter") copy(text);
  });
  return node;
}

const WRAPPERS = {
  bold: () => make("strong"),
  italic: () => make("em"),
  underline: () => make("u"),
  strikethrough: () => make("s"),
  blockquote: () => make("blockquote"),
  spoiler: () => Object.assign(make("span", "spoiler"), { tabIndex: 0 }),
  pre: () => make("pre"),
  code: (_, text) => copiable(text),
  url: (_, text) => link(text),
  text_link: (entity) => link(entity.url),
  bot_command: (_, text) => command(text),
};

// `entities` are sorted by offset, the longer first: each wraps those that start inside it.
function fill(parent, text, entities, start, end) {
  let position = start;
  for (let index = 0; index < entities.length; index += 1) {
    const entity = entities[index];
    const stop = Math.min(entity.offset + entity.length, end);
    if (entity.offset < position || !(entity.type in WRAPPERS)) continue;
    parent.append(text.slice(position, entity.offset));
    const node = WRAPPERS[entity.type](entity, text.slice(entity.offset, stop));
    fill(node, text, entities.slice(index + 1).filter((e) => e.offset < stop), entity.offset, stop);
    parent.append(node);
    position = stop;
  }
  parent.append(text.slice(position, end));
}

// --- messages

function words(message) {
  const node = make("div", "words");
  fill(node, message.text, message.entities, 0, message.text.length);
  const time = new Date(message.date * 1000);
  const stamp = make("time", "time");
  stamp.dateTime = time.toISOString();
  stamp.textContent = time.toLocaleTimeString(chinese ? "zh-CN" : [], { hour: "2-digit", minute: "2-digit" });
  node.append(stamp);
  return node;
}

function photo(message, old) {
  const node = make("img", "photo");
  node.alt = TEXTS.photo;
  node.addEventListener("load", () => old?.replaceWith(node));
  node.src = message.photo;
  return node;
}

function key(button, message, row, column) {
  if (button.url) {
    const node = link(button.url);
    node.className = "key";
    node.textContent = button.text;
    node.setAttribute("aria-label", `${button.text}, ${TEXTS.opens}`);
    node.append(icon("link"));
    return node;
  }
  const node = make("button", "key", button.text);
  node.type = "button";
  if (button.copy) {
    node.setAttribute("aria-label", `${button.text}, ${TEXTS.copy}`);
    node.append(icon("copy"));
    node.addEventListener("click", () => copyKey(node, button.copy));
  } else if (button.data) {
    node.addEventListener("click", () => press(node, message.id, row, column));
  }
  return node;
}

async function copyKey(node, text) {
  if (!(await copy(text))) return;
  node.lastChild.replaceWith(icon("done"));
  setTimeout(() => node.lastChild.replaceWith(icon("copy")), TOAST_MS);
}

function keys(message) {
  const node = make("div", "keys");
  message.buttons.forEach((buttons, row) => {
    const line = make("div");
    line.append(...buttons.map((button, column) => key(button, message, row, column)));
    node.append(line);
  });
  return node;
}

function draw(message, turn) {
  const known = drawn.get(message.id);
  const node = known?.node ?? make("article");
  const edited = known !== undefined && known.revision !== message.revision;
  const same = known?.key === JSON.stringify(message);
  node.classList.add("message", message.sender);
  node.classList.toggle("turn", turn);
  node.classList.toggle("wide", Boolean(message.photo || message.buttons.length));
  if (same) return node;
  node.classList.toggle("new", known === undefined);
  restart(node, edited);
  const bubble = make("div", "bubble");
  if (message.photo) bubble.append(picture(message, node.querySelector(".photo")));
  bubble.append(words(message));
  node.replaceChildren(bubble, ...(message.buttons.length ? [keys(message)] : []));
  drawn.set(message.id, { node, key: JSON.stringify(message), revision: message.revision });
  return node;
}

// The old picture stays until the new one has loaded, so that nothing jumps.
function picture(message, old) {
  if (!old) return photo(message, null);
  if (old.getAttribute("src") !== message.photo) photo(message, old);
  return old;
}

function restart(node, edited) {
  node.classList.remove("edited");
  if (!edited) return;
  void node.offsetWidth;
  node.classList.add("edited");
}

function near() {
  const box = at("scroll");
  return box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
}

function scrollDown() {
  stuck = true;
  at("scroll").scrollTop = at("scroll").scrollHeight;
}

function show(picture) {
  const count = drawn.size;
  const log = at("log");
  const present = new Set(picture.messages.map((message) => message.id));
  for (const [id, { node }] of drawn) {
    if (present.has(id)) continue;
    node.remove();
    drawn.delete(id);
  }
  picture.messages.forEach((message, index) => {
    const turn = index > 0 && picture.messages[index - 1].sender !== message.sender;
    const node = draw(message, turn);
    if (log.children[index] !== node) log.insertBefore(node, log.children[index] ?? null);
  });
  at("welcome").hidden = picture.messages.length > 0;
  setCommands(picture.commands);
  typing(picture);
  if (drawn.size > count) scrollDown();
}

function typing(picture) {
  clearTimeout(typingTimer);
  const idle = () => state(`@${picture.username} · ${TEXTS.bot}`, false);
  if (!picture.typing) return idle();
  state(TEXTS.typing, true);
  typingTimer = setTimeout(idle, TYPING_MS);
}

// --- the command menu

function setCommands(next) {
  if (JSON.stringify(next) === JSON.stringify(commands)) return;
  commands = next;
  at("menu").hidden = commands.length === 0;
  if (!at("commands").hidden) openCommands(typedPrefix());
}

function typedPrefix() {
  const text = at("text").value;
  return text.startsWith("/") ? text.slice(1).toLowerCase() : "";
}

function openCommands(prefix) {
  const found = commands.filter(({ name }) => name.startsWith(prefix));
  at("commands").replaceChildren(...found.map(commandRow));
  at("commands").hidden = found.length === 0;
  at("menu").setAttribute("aria-expanded", String(found.length > 0));
  active = -1;
}

function commandRow({ name, text }) {
  const row = make("li");
  const node = make("button");
  node.type = "button";
  node.append(make("b", "", `/${name}`), make("span", "", text));
  node.addEventListener("click", () => {
    at("text").value = "";
    typed();
    say(`/${name}`);
  });
  row.append(node);
  return row;
}

function closeCommands() {
  at("commands").hidden = true;
  at("menu").setAttribute("aria-expanded", "false");
  active = -1;
}

function move(step) {
  const rows = [...at("commands").querySelectorAll("button")];
  active = (active + step + rows.length + (active < 0 && step < 0 ? 1 : 0)) % rows.length;
  rows.forEach((row, index) => row.classList.toggle("active", index === active));
  rows[active].scrollIntoView({ block: "nearest" });
}

function typed() {
  const text = at("text").value;
  at("send").disabled = text.trim() === "";
  if (/^\/\w*$/.test(text)) openCommands(typedPrefix());
  else closeCommands();
}

function keyed(event) {
  if (at("commands").hidden) return;
  if (event.key === "Escape") closeCommands();
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    move(event.key === "ArrowDown" ? 1 : -1);
  }
  if (event.key === "Enter" && active >= 0) {
    event.preventDefault();
    at("commands").querySelectorAll("button")[active].click();
  }
}

function submitted(event) {
  event.preventDefault();
  const text = at("text").value.trim();
  if (!text) return;
  at("text").value = "";
  typed();
  say(text);
}

// --- start

function label() {
  document.documentElement.lang = chinese ? "zh-CN" : "en";
  at("badge").textContent = TEXTS.badge;
  at("hint").textContent = TEXTS.hint;
  at("harmless").textContent = TEXTS.harmless;
  at("menu-text").textContent = TEXTS.menu;
  at("text").placeholder = TEXTS.placeholder;
  at("text").setAttribute("aria-label", TEXTS.placeholder);
  at("send").setAttribute("aria-label", TEXTS.send);
  at("alert-ok").textContent = TEXTS.ok;
  at("log").setAttribute("aria-label", TEXTS.messages);
  at("scroll").setAttribute("aria-label", TEXTS.messages);
}

function listen() {
  const events = new EventSource(`/sandbox/events?${new URLSearchParams({ user, lang })}`);
  events.addEventListener("message", (event) => show(JSON.parse(event.data)));
  events.addEventListener("error", () => state(TEXTS.connecting, true));
}

label();
state(TEXTS.connecting, true);
for (const chip of document.querySelectorAll(".chip")) {
  chip.addEventListener("click", () => say(chip.textContent));
}
at("composer").addEventListener("submit", submitted);
at("text").addEventListener("input", typed);
at("text").addEventListener("keydown", keyed);
at("menu").addEventListener("click", () => {
  if (at("commands").hidden) openCommands("");
  else closeCommands();
});
at("scroll").addEventListener("click", closeCommands);
at("scroll").addEventListener("scroll", () => {
  stuck = near();
});
const resized = new ResizeObserver(() => {
  if (stuck) scrollDown();
});
resized.observe(at("log"));
resized.observe(at("scroll"));
listen();
