// View: the reader's hand: filters, zoom, selection, the list of events.
const EVENTS_MAX = 400; // rows of the list
const SPAN_MIN = 200; // microseconds

function show(from, to) {
  const span = Math.min(Math.max(to - from, SPAN_MIN), run.end * 1.02 + SPAN_MIN);
  view.from = Math.min(Math.max(from, -run.end * 0.01), Math.max(0, run.end * 1.01 - span));
  view.to = view.from + span;
  redraw();
}

function zoom(factor, around) {
  const span = (view.to - view.from) * factor;
  const share = (around - view.from) / (view.to - view.from);
  show(around - span * share, around + span * (1 - share));
}

function pan(share) {
  const by = (view.to - view.from) * share;
  show(view.from + by, view.to + by);
}

function showFailure() {
  const [from, to] = raw.focus;
  const margin = Math.max(20000, (to - from) * 0.5);
  show(from - margin * (run.failed ? 1 : 10), to + margin * 0.3);
}

function select(item) {
  view.selected = item;
  showDetail(item);
  redraw();
}

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function facts(pairs) {
  const list = element("dl");
  for (const [name, value] of pairs) list.append(element("dt", name), element("dd", value));
  return list;
}

function showDetail(item) {
  const detail = byId("detail");
  detail.replaceChildren();
  if (!item) {
    detail.append(
      element("p", "Click a message, an operation, a band or an event to see what it is."),
    );
    return;
  }
  if (item.type === "message") {
    detail.append(
      element("h3", `Message ${item.id}: ${actorName(item.from)} to ${actorName(item.to)}`),
      facts([
        ["kind", item.kind],
        ["sent", seconds(item.at)],
        [item.fate === 1 ? "arrived" : FATES[item.fate], seconds(item.until)],
      ]),
      element("pre", item.text.replace(/; /g, "\n")),
    );
  } else if (item.type === "op") {
    detail.append(
      element("h3", `client${item.client}${item.witness ? ": named by the oracle" : ""}`),
      facts([
        ["invoked", seconds(item.at)],
        ["answered", item.answered ? seconds(item.until) : "never"],
        [
          "asked",
          item.attempts.map(([at, node]) => `${actorName(node)} at ${seconds(at)}`).join(", "),
        ],
      ]),
      element("pre", item.text),
      element("pre", item.answered ? item.result : "no answer"),
    );
  } else {
    detail.append(
      element(
        "h3",
        `${actorName(item.actor)} ${describeMark(item.type === "span" ? { ...item, kind: "leads" } : item)}`,
      ),
      facts(
        item.type === "span"
          ? [
              ["from", seconds(item.at)],
              ["to", seconds(item.until)],
            ]
          : [["at", seconds(item.at)]],
      ),
    );
  }
}

function classOf(item) {
  if (item.type === "op") return item.witness ? "witness" : "";
  if (item.type === "message") return item.fate > 1 ? "bad" : "";
  return item.kind;
}

function listEvents() {
  const rows = everything.filter(
    (item) =>
      item.at <= view.to && (item.at >= view.from || (item.witness && inView(item))) && shown(item),
  );
  // What the oracle names is never among those that are left out.
  const listed = rows.filter((item, place) => place < EVENTS_MAX || item.witness);
  byId("count").textContent = `(${rows.length})`;
  const list = byId("events");
  list.replaceChildren();
  for (const item of listed) {
    const button = element("button", undefined, classOf(item));
    button.type = "button";
    button.append(
      element("span", seconds(item.at)),
      element("span", actorName(actorOf(item))),
      element("span", describe(item)),
    );
    button.title = describe(item);
    if (item === view.selected) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => select(item));
    const row = element("li");
    row.append(button);
    list.append(row);
  }
  if (rows.length > listed.length) {
    list.append(element("li", `${rows.length - listed.length} more: zoom in or filter`, "more"));
  }
}

let pending = false;
function redraw() {
  if (pending) return;
  pending = true;
  requestAnimationFrame(() => {
    pending = false;
    const left = drawLanes();
    drawOverview();
    listEvents();
    const covered =
      `messages from ${seconds(raw.covered[0])} to ${seconds(raw.covered[1])}` +
      (raw.omitted > 0 ? ` (${raw.omitted} others left out for size)` : "");
    byId("hint").textContent =
      `${seconds(Math.max(0, Math.round(view.from)))} to ${seconds(Math.round(view.to))}; ${covered}` +
      (left > 0 ? `; ${left} in view, some not drawn: zoom in` : "") +
      ". Wheel zooms, dragging moves. Cross: crash; triangle: start; diamond: rare path.";
  });
}

function setUpHead() {
  document.title = `${run.name} seed ${run.seed}`;
  byId("badge").textContent = run.failed ? `FAILED ${run.oracle}` : "ok";
  byId("badge").classList.toggle("failed", run.failed);
  byId("title").textContent = `${run.name}, seed ${run.seed}`;
  byId("facts").textContent =
    `${raw.nodes} nodes, ${raw.groups.length} groups, ${clientCount} clients, ` +
    `${(run.end / 1e6).toFixed(1)} simulated s, ${run.events} events, trace ${run.trace}`;
  byId("oracle").hidden = !run.failed;
  byId("oracle").textContent = run.message;
  byId("replay").textContent = run.replay;
  byId("copy").addEventListener("click", () =>
    navigator.clipboard.writeText(run.replay).then(() => {
      byId("copy").textContent = "Copied";
    }),
  );
}

function setUpFilters() {
  for (const [kind, on] of filter.kinds) {
    const label = element("label");
    const box = element("input");
    box.type = "checkbox";
    box.checked = on;
    box.dataset.kind = kind;
    box.addEventListener("change", () => {
      filter.kinds.set(kind, box.checked);
      redraw();
    });
    label.append(box);
    if (MESSAGE_COLOURS[kind]) {
      const swatch = element("span", undefined, "swatch");
      swatch.style.background = MESSAGE_COLOURS[kind];
      label.append(swatch);
    }
    label.append(kind);
    byId("kinds").append(label);
  }
  const group = byId("group");
  group.append(new Option("all", "-1"));
  raw.groups.forEach((name, i) => group.append(new Option(name, String(i))));
  group.addEventListener("change", () => {
    filter.group = Number(group.value);
    redraw();
  });
  byId("find").addEventListener("input", () => {
    filter.find = byId("find").value.trim().toLowerCase();
    const hits = filter.find === "" ? [] : everything.filter(shown);
    byId("found").textContent = filter.find === "" ? "" : `${hits.length} found`;
    if (hits.length > 0 && !hits.some(inView)) show(hits[0].at - 20000, hits[0].at + 20000);
    redraw();
  });
}

function setUpMoves() {
  const middle = () => (view.from + view.to) / 2;
  const keys = {
    "+": () => zoom(0.6, middle()),
    "-": () => zoom(1 / 0.6, middle()),
    0: () => show(0, run.end),
    f: showFailure,
    ArrowLeft: () => pan(-0.3),
    ArrowRight: () => pan(0.3),
    Escape: () => select(null),
  };
  byId("in").addEventListener("click", keys["+"]);
  byId("out").addEventListener("click", keys["-"]);
  byId("earlier").addEventListener("click", keys.ArrowLeft);
  byId("later").addEventListener("click", keys.ArrowRight);
  byId("whole").addEventListener("click", keys["0"]);
  byId("failure").addEventListener("click", showFailure);
  document.addEventListener("keydown", (event) => {
    if (/INPUT|SELECT/.test(event.target.tagName) || event.ctrlKey || event.metaKey) return;
    if (keys[event.key]) {
      keys[event.key]();
      event.preventDefault();
    }
  });
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (event.shiftKey) return;
      event.preventDefault();
      zoom(event.deltaY > 0 ? 1.25 : 0.8, timeAt(event.offsetX));
    },
    { passive: false },
  );
  let drag = null;
  canvas.addEventListener("pointerdown", (event) => {
    drag = { x: event.offsetX, from: view.from, to: view.to, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drag || Math.abs(event.offsetX - drag.x) < 4) return;
    drag.moved = true;
    canvas.classList.add("dragging");
    const by = ((drag.x - event.offsetX) / (width() - LABEL_WIDTH)) * (drag.to - drag.from);
    show(drag.from + by, drag.to + by);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (drag && !drag.moved) select(itemAt(event.offsetX, event.offsetY));
    drag = null;
    canvas.classList.remove("dragging");
  });
  overview.addEventListener("click", (event) => {
    const at = (event.offsetX / overview.clientWidth) * run.end;
    const half = (view.to - view.from) / 2;
    show(at - half, at + half);
  });
  window.addEventListener("resize", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

setUpHead();
setUpFilters();
setUpMoves();
showDetail(null);
showFailure();
