"use strict";
// Pictures are fetched one after the other: a slow connection gets fewer of them, never old ones.
// A camera on demand captures for each of them, and therefore seldom.
const PICTURE_MS = 150, ON_DEMAND_MS = 2000, RETRY_MS = 1000, LOST_MS = 4000;
const byId = (id) => document.getElementById(id);
const cards = new Map();
let lastStatusMs = 0, lastEvent = 0;

const seconds = (s) => s < 10 ? `${s.toFixed(1)} s` : s < 120 ? `${Math.round(s)} s`
  : s < 7200 ? `${Math.round(s / 60)} min` : `${(s / 3600).toFixed(1)} h`;
const bytes = (n) => n < 1e6 ? `${Math.round(n / 1e3)} kB` : `${(n / 1e6).toFixed(1)} MB`;
const path = (name, what) => `api/v1/sources/${encodeURIComponent(name)}/${what}`;

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function setFacts(list, facts) {
  const text = JSON.stringify(facts);
  if (list.dataset.shown === text) return;
  list.dataset.shown = text;
  list.replaceChildren(...facts.flatMap(([name, value]) => {
    const term = document.createElement("dt"), description = document.createElement("dd");
    term.textContent = name;
    description.textContent = value;
    return [term, description];
  }));
}

class Card {
  constructor(name) {
    this.name = name;
    this.element = byId("source-template").content.firstElementChild.cloneNode(true);
    this.find = (selector) => this.element.querySelector(selector);
    this.element.dataset.source = name;
    setText(this.find(".name"), name);
    this.find(".picture img").alt = `picture of ${name}`;
    this.find(".picture").addEventListener("click", () => this.enlarge());
    this.find("form").addEventListener("submit", (event) => this.capture(event));
    this.find("details").addEventListener("toggle", (event) => {
      if (event.target.open) this.loadParameters();
    });
    this.isVisible = true;
    this.pictureMs = 0;
    this.limitMs = 1000;
    this.pictureEveryMs = PICTURE_MS;
    this.etag = "";
    new IntersectionObserver(([entry]) => { this.isVisible = entry.isIntersecting; })
      .observe(this.element);
    this.poll();
  }

  async poll() {
    while (!this.isGone) {
      let pauseMs = this.pictureEveryMs;
      if (this.isVisible && !document.hidden) {
        try {
          if (!await this.fetchPicture()) pauseMs = RETRY_MS;
        } catch {
          pauseMs = RETRY_MS;
        }
      }
      await new Promise((done) => setTimeout(done, pauseMs));
    }
  }

  async fetchPicture() {
    const headers = this.etag ? { "If-None-Match": this.etag } : {};
    const answer = await fetch(path(this.name, "snapshot.jpg"),
      { headers, cache: "no-store", signal: AbortSignal.timeout(15000) });
    if (answer.status !== 304 && !answer.ok) {
      setText(this.find(".nothing"), (await answer.text()).trim());
      return false;
    }
    const age = Number(answer.headers.get("X-Age"));
    this.pictureMs = performance.now() - 1000 * age;
    if (answer.status === 304) return true;
    this.etag = answer.headers.get("ETag");
    const url = URL.createObjectURL(await answer.blob());
    const image = this.find(".picture img"), old = image.src;
    image.src = url;
    if (old) URL.revokeObjectURL(old);
    this.find(".nothing").hidden = true;
    this.showAge();
    return true;
  }

  showAge() {
    if (!this.pictureMs) return;
    const ageMs = performance.now() - this.pictureMs;
    const isOld = this.element.dataset.state !== "good" || ageMs > Math.max(this.limitMs, 2 * this.pictureEveryMs, 2000);
    this.find(".view").classList.toggle("old", isOld);
    const text = `${seconds(Math.max(0, ageMs) / 1000)} old`;
    setText(this.find(".age"), isOld ? `OLD PICTURE: ${text}` : text);
  }

  show(source) {
    this.element.dataset.state = source.state;
    this.limitMs = 1000 * source.staleness_limit_s;
    this.pictureEveryMs = source.on_demand ? ON_DEMAND_MS : PICTURE_MS;
    setText(this.find(".word"), source.state);
    const error = this.find(".error");
    error.hidden = !source.error;
    setText(error, source.error);
    const facts = [
      ["Size", source.description.cols ? `${source.description.cols}×${source.description.rows}`
        + (source.picture ? `, ${bytes(source.picture.bytes)} from the camera` : "") : "not known"],
      ["Rate", source.rate_hz === null ? "not known" : `${source.rate_hz.toFixed(1)} Hz`],
      ["Age", source.age_s === null ? "no picture" : seconds(source.age_s)],
      ["Reconnects", String(source.reconnects)],
    ];
    if (source.last_error) {
      facts.push(["Last error", `${source.last_error.message} (${seconds(source.last_error.age_s)} ago)`]);
    }
    setFacts(this.find(".facts"), facts);
    this.showAge();
  }

  async loadParameters() {
    const answer = await fetch(path(this.name, "parameters"));
    if (!answer.ok) return;
    const parameters = await answer.json();
    this.find(".none").hidden = parameters.length > 0;
    this.find("form button").hidden = parameters.length === 0;
    this.find(".fields").replaceChildren(...parameters.flatMap((parameter) => {
      const label = document.createElement("label"), field = fieldOf(parameter);
      field.name = parameter.name;
      field.dataset.kind = parameter.kind;
      field.id = `${this.name}-${parameter.name}`;
      label.htmlFor = field.id;
      label.textContent = parameter.label + (parameter.unit ? ` (${parameter.unit})` : "");
      label.title = parameter.description;
      field.addEventListener("input", () => { field.dataset.changed = "yes"; });
      return [label, field];
    }));
  }

  async capture(event) {
    event.preventDefault();
    const values = {}, output = this.find("output");
    for (const field of this.find("form").querySelectorAll("[data-changed]")) {
      const isNumber = ["integer", "number"].includes(field.dataset.kind);
      values[field.name] = field.type === "checkbox" ? field.checked
        : isNumber ? Number(field.value) : field.value;
    }
    setText(output, "…");
    try {
      const { token } = await (await fetch("api/v1/token")).json();
      const answer = await fetch(path(this.name, "capture"), {
        method: "POST", body: JSON.stringify(values),
        headers: { "Content-Type": "application/json", "X-Spot-Webcam-Token": token },
      });
      if (!answer.ok) throw new Error((await answer.text()).trim());
      await enlarge(this.name, answer, JSON.stringify(values));
      setText(output, "");
    } catch (error) {
      setText(output, error.message);
    }
  }

  async enlarge() {
    try {
      await enlarge(this.name, await fetch(path(this.name, "snapshot.jpg")), "");
    } catch (error) {
      setText(byId("viewer-caption"), error.message);
    }
  }
}

function fieldOf(parameter) {
  if (parameter.choices.length) {
    const field = document.createElement("select");
    field.append(...parameter.choices.map((choice) =>
      new Option(choice, choice, false, choice === parameter.default)));
    return field;
  }
  const field = document.createElement("input");
  if (parameter.kind === "boolean") {
    field.type = "checkbox";
    field.checked = parameter.default === true;
    return field;
  }
  if (parameter.kind === "text") {
    field.value = parameter.default ?? "";
    return field;
  }
  field.type = "number";
  field.step = parameter.kind === "integer" ? 1 : "any";
  if (parameter.minimum !== null) field.min = parameter.minimum;
  if (parameter.maximum !== null) field.max = parameter.maximum;
  if (parameter.default !== null) field.value = parameter.default;
  return field;
}

async function enlarge(name, answer, note) {
  const image = byId("viewer-image"), old = image.src, dialog = byId("viewer");
  if (!answer.ok) {
    image.removeAttribute("src");
    setText(byId("viewer-caption"), `${name}: ${(await answer.text()).trim()}`);
  } else {
    const taken = new Date(1000 * Number(answer.headers.get("X-Timestamp")));
    const [size, age] = [answer.headers.get("X-Size"), Number(answer.headers.get("X-Age"))];
    image.src = URL.createObjectURL(await answer.blob());
    image.alt = `picture of ${name}`;
    setText(byId("viewer-caption"), [
      `${name}, ${size.replace("x", "×")}, taken ${taken.toLocaleTimeString()}`,
      `${seconds(age)} old when it was sent`, note].filter(Boolean).join(", "));
  }
  if (old) URL.revokeObjectURL(old);
  if (!dialog.open) dialog.showModal();
}

function showSources(sources) {
  const names = new Set(sources.map((source) => source.name));
  for (const [name, card] of cards) {
    if (names.has(name)) continue;
    card.isGone = true;
    card.element.remove();
    cards.delete(name);
  }
  for (const source of sources) {
    if (!cards.has(source.name)) {
      const card = new Card(source.name);
      cards.set(source.name, card);
      byId("sources").append(card.element);
    }
    cards.get(source.name).show(source);
  }
}

function showRobot(robot) {
  const left = robot.token_left_s;
  setFacts(byId("robot"), [
    ["Robot", robot.robot || "not connected yet"],
    ["Connected", robot.connected ? "✓ yes" : "✕ no"],
    ["Registered", robot.registered ? "✓ yes" : `✕ no, next step: ${robot.state}`],
    ...(robot.error ? [["Error", robot.error]] : []),
    ["Clock skew", robot.clock_skew_s === null ? "not known"
      : `${robot.clock_skew_s.toFixed(3)} s ± ${robot.clock_error_s.toFixed(3)} s`],
    ["Token ends", left === null ? "not known" : left > 0 ? `in ${seconds(left)}` : "ended"],
  ]);
}

function showFaults(status) {
  const standing = status.sources.flatMap((source) => source.faults);
  const reported = new Set(status.reported.map((fault) => fault.name));
  const lines = standing.map((fault) => `✕ ${fault.name}: ${fault.message}`
    + (reported.has(fault.name) ? "" : " (not on the robot)"));
  const list = byId("faults"), text = JSON.stringify(lines);
  if (list.dataset.shown === text) return;
  list.dataset.shown = text;
  list.replaceChildren(...(lines.length ? lines : ["✓ none"]).map((line) => {
    const item = document.createElement("li");
    item.textContent = line;
    return item;
  }));
}

function showEvents(events) {
  const fresh = events.filter((event) => event.number > lastEvent);
  for (const event of fresh) {
    const item = document.createElement("li"), time = document.createElement("time");
    const level = document.createElement("b");
    const moment = new Date(event.time_ns / 1e6);
    time.dateTime = moment.toISOString();
    time.textContent = moment.toLocaleTimeString();
    level.textContent = event.level === "info" ? "" : `${event.level}: `;
    item.className = event.level;
    item.append(time, level, event.message);
    byId("events").prepend(item);
    lastEvent = event.number;
  }
  while (byId("events").childElementCount > 200) byId("events").lastElementChild.remove();
}

function show(status) {
  lastStatusMs = performance.now();
  byId("lost").hidden = true;
  const good = status.sources.filter((source) => source.state === "good").length;
  const robot = status.robot.registered ? "registered with the robot" : "✕ not registered";
  setText(byId("summary"), `${good} of ${status.sources.length} sources good, ${robot}`);
  document.title = `${good}/${status.sources.length} spot-webcam`;
  const refused = status.configuration_error;
  byId("configuration").hidden = !refused;
  setText(byId("configuration"), `The configuration file is not used: ${refused}`);
  showSources(status.sources);
  showRobot(status.robot);
  showFaults(status);
  showEvents(status.events);
}

function checkConnection() {
  for (const card of cards.values()) card.showAge();
  const silentMs = performance.now() - lastStatusMs;
  if (!lastStatusMs || silentMs < LOST_MS) return;
  byId("lost").hidden = false;
  setText(byId("lost"), `No connection to the daemon for ${seconds(silentMs / 1000)}: everything below is old.`);
  for (const card of cards.values()) {
    card.element.dataset.state = "unknown";
    setText(card.find(".word"), "not known");
  }
}

function listen() {
  const events = new EventSource("api/v1/events");
  events.addEventListener("status", (event) => show(JSON.parse(event.data)));
  events.addEventListener("error", () => {
    if (events.readyState !== EventSource.CLOSED) return;
    setTimeout(listen, RETRY_MS);
  });
}

listen();
setInterval(checkConnection, 250);
