"use strict";
const PERIOD_MS = 1000;
const byId = (id) => document.getElementById(id);
const cards = new Map();

function setLines(list, lines, make) {
  const text = JSON.stringify(lines);
  if (list.dataset.shown === text) return;
  list.dataset.shown = text;
  list.replaceChildren(...lines.map((line) => {
    const item = document.createElement("li");
    item.append(...make(line));
    return item;
  }));
}

function button(text, order, fields) {
  const made = document.createElement("button");
  made.textContent = text;
  made.addEventListener("click", () => give(order, fields));
  return made;
}

async function give(order, fields) {
  byId("answer").textContent = "";
  try {
    const { token } = await (await fetch("api/v1/token")).json();
    const answer = await fetch(`api/v1/orders/${order}`, {
      method: "POST", body: JSON.stringify(fields), headers: { "X-Spot-Webcam-Token": token },
    });
    if (!answer.ok) throw new Error((await answer.text()).trim());
  } catch (error) {
    byId("answer").textContent = error.message;
  }
}

function showRobot(robot) {
  const facts = {
    Address: `${robot.address}:${robot.port}`, Up: robot.up ? "✓ yes" : "✕ no", Clock: robot.time,
    "Unanswered calls": robot.silent_calls, User: `${robot.user}, password ${robot.password}`,
  };
  byId("robot").replaceChildren(...Object.entries(facts).flatMap(([name, value]) => {
    const term = document.createElement("dt"), description = document.createElement("dd");
    term.textContent = name;
    description.textContent = value;
    return [term, description];
  }));
}

async function showPictures(sources) {
  const wanted = Object.entries(sources).flatMap(([service, names]) =>
    names.map((name) => [`${service}/${name}`, service, name]));
  for (const [key, card] of cards) {
    if (wanted.some(([other]) => other === key)) continue;
    card.remove();
    cards.delete(key);
  }
  await Promise.all(wanted.map(async ([key, service, name]) => {
    if (!cards.has(key)) {
      const card = byId("source-template").content.firstElementChild.cloneNode(true);
      card.dataset.source = name;
      card.querySelector(".name").textContent = key;
      byId("sources").append(card);
      cards.set(key, card);
    }
    const card = cards.get(key), image = card.querySelector("img");
    const nothing = card.querySelector(".nothing");
    const answer = await fetch(
      `api/v1/pictures/${encodeURIComponent(service)}/${encodeURIComponent(name)}.jpg`);
    nothing.hidden = answer.ok;
    card.dataset.state = answer.ok ? "good" : "failed";
    if (image.src) URL.revokeObjectURL(image.src);
    if (answer.ok) {
      image.src = URL.createObjectURL(await answer.blob());
    } else {
      image.removeAttribute("src");
      nothing.textContent = (await answer.text()).trim();
    }
  }));
}

async function update() {
  const answer = await fetch("api/v1/robot", { signal: AbortSignal.timeout(15000) });
  const state = await answer.json();
  byId("lost").hidden = true;
  byId("summary").textContent = `${state.robot.up ? "up" : "✕ down"}, ${state.services.length} services,`
    + ` ${state.faults.length} faults`;
  showRobot(state.robot);
  setLines(byId("payloads"), state.payloads, (payload) => [
    `${payload.authorized ? "✓" : "✕ not authorized:"} ${payload.name} (${payload.guid}) `,
    payload.authorized ? button("Revoke", "revoke", { guid: payload.guid })
      : button("Authorize", "authorize", { guid: payload.guid }),
  ]);
  setLines(byId("services"), state.services, (service) => [
    `${service.name}: ${service.type} at ${service.endpoint}, heard ${service.heard}`]);
  setLines(byId("faults"), state.faults, (fault) => [
    `✕ ${fault.severity} ${fault.name}: ${fault.message}`]);
  setLines(byId("calls"), state.calls.reverse(), (call) => [
    `${call.code} ${call.method} ${call.authority}`]);
  await showPictures(state.sources);
}

async function loop() {
  try {
    await update();
  } catch (error) {
    byId("lost").hidden = false;
    byId("lost").textContent = "No connection to the fake robot: everything below is old.";
  }
  setTimeout(loop, PERIOD_MS);
}

for (const order of byId("orders").querySelectorAll("button")) {
  const { seconds } = order.dataset;
  const fields = seconds === undefined ? {} : { seconds: Number(seconds) };
  order.addEventListener("click", () => give(order.dataset.order, fields));
}
loop();
