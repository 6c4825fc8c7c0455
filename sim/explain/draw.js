// Draw: the lanes, the overview, and where each thing is on them.
const GROUP_COLOURS = [
  "#7a7f87",
  "#4e79a7",
  "#f28e2b",
  "#59a14f",
  "#b07aa1",
  "#e15759",
  "#76b7b2",
  "#9c755f",
  "#d4a72c",
  "#ff9da7",
];
const MESSAGE_COLOURS = {
  append: "#3b82d6",
  reply: "#9bb4cf",
  beat: "#a9aeb5",
  vote: "#c25ad0",
  call: "#2f9e6e",
  snapshot: "#d98324",
  hello: "#7a7f87",
};
const LABEL_WIDTH = 86;
const FAULT_LANE = 40;
const LINES_MAX = 6000; // message lines drawn at once

const byId = (id) => document.getElementById(id);
const canvas = byId("lanes");
const overview = byId("overview");
const view = { from: 0, to: run.end, selected: null };

function cssColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const bandCount = Math.max(1, raw.groups.length);
const clientCount = ops.reduce((most, op) => Math.max(most, op.client + 1), 0);

// Where the lanes are: as high as there is room, and never too low to read.
function layoutFor(room) {
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  const op = Math.floor(clamp((room * 0.3) / Math.max(1, clientCount), 15, 24));
  const left = (room - FAULT_LANE - 24 - clientCount * op) / raw.nodes;
  const band = Math.floor(clamp((left * 0.5) / bandCount, 10, 18));
  const node = Math.floor(clamp(left, bandCount * band + 46, 260));
  const nodeTop = (n) => FAULT_LANE + n * node;
  return {
    band,
    op,
    nodeTop,
    // The line that messages leave from and come to.
    nodeLine: (n) => nodeTop(n) + node - 24,
    bandTop: (n, group) => nodeTop(n) + 6 + group * band,
    opTop: (client) => FAULT_LANE + raw.nodes * node + 10 + client * op,
    height: FAULT_LANE + raw.nodes * node + 24 + clientCount * op,
  };
}
let layout = layoutFor(0);

function width() {
  return canvas.clientWidth;
}
function xOf(us) {
  return LABEL_WIDTH + ((us - view.from) / (view.to - view.from)) * (width() - LABEL_WIDTH - 8);
}
function timeAt(x) {
  return view.from + ((x - LABEL_WIDTH) / (width() - LABEL_WIDTH - 8)) * (view.to - view.from);
}
function inView(item) {
  return item.until >= view.from && item.at <= view.to;
}

function fit(target, height) {
  const ratio = window.devicePixelRatio || 1;
  target.style.height = `${height}px`;
  target.width = Math.round(target.clientWidth * ratio);
  target.height = Math.round(height * ratio);
  const context = target.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, target.clientWidth, height);
  context.font = '12px system-ui, "DejaVu Sans", sans-serif';
  context.textBaseline = "middle";
  return context;
}

function drawAxis(c) {
  const span = view.to - view.from;
  const rough = span / Math.max(2, (width() - LABEL_WIDTH) / 130);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
  c.strokeStyle = cssColour("--line");
  c.fillStyle = cssColour("--soft");
  c.lineWidth = 1;
  const digits = Math.max(0, Math.min(6, 6 - Math.floor(Math.log10(step))));
  for (let t = Math.ceil(view.from / step) * step; t <= view.to; t += step) {
    const x = xOf(t);
    c.globalAlpha = 0.5;
    c.beginPath();
    c.moveTo(x, 18);
    c.lineTo(x, layout.height);
    c.stroke();
    c.globalAlpha = 1;
    c.fillText(`${(t / 1e6).toFixed(digits)} s`, x + 3, 10);
  }
}

function drawNodes(c) {
  for (let n = 0; n < raw.nodes; n++) {
    const y = layout.nodeLine(n);
    c.strokeStyle = cssColour("--line");
    c.beginPath();
    c.moveTo(0, layout.nodeTop(n));
    c.lineTo(width(), layout.nodeTop(n));
    c.stroke();
    c.setLineDash([2, 5]);
    c.beginPath();
    c.moveTo(LABEL_WIDTH, y);
    c.lineTo(width(), y);
    c.stroke();
    c.setLineDash([]);
  }
  c.strokeStyle = cssColour("--text");
  c.lineWidth = 2.5;
  for (const life of lives) {
    if (!inView(life)) continue;
    const y = layout.nodeLine(life.actor);
    c.beginPath();
    c.moveTo(Math.max(LABEL_WIDTH, xOf(life.at)), y);
    c.lineTo(xOf(life.until), y);
    c.stroke();
  }
  c.lineWidth = 1;
}

function groupColour(group) {
  return GROUP_COLOURS[group % GROUP_COLOURS.length];
}

function drawLeaders(c) {
  for (const span of leaderships) {
    if (!inView(span) || (filter.group >= 0 && span.group !== filter.group)) continue;
    const left = Math.max(LABEL_WIDTH, xOf(span.at));
    const wide = Math.max(2, xOf(span.until) - left);
    const top = layout.bandTop(span.actor, span.group);
    c.fillStyle = groupColour(span.group);
    c.globalAlpha = view.selected === span ? 1 : 0.75;
    c.fillRect(left, top, wide, layout.band - 2);
    c.globalAlpha = 1;
    const label = `${raw.groups[span.group]} t${span.term}`;
    if (wide < c.measureText(label).width + 10) continue;
    c.save();
    c.font = `${Math.min(12, layout.band - 2)}px system-ui, "DejaVu Sans", sans-serif`;
    c.fillStyle = cssColour("--text");
    c.fillText(label, left + 4, top + layout.band / 2 - 0.5);
    c.restore();
  }
}

// Of the messages in view that the filter lets through, at most LINES_MAX.
function drawnMessages() {
  const out = [];
  for (const message of messages) {
    if (message.from === message.to || !inView(message) || !shown(message)) continue;
    out.push(message);
  }
  if (out.length <= LINES_MAX) return { drawn: out, left: 0 };
  const every = Math.ceil(out.length / LINES_MAX);
  return { drawn: out.filter((_, i) => i % every === 0), left: out.length };
}

function drawMessages(c) {
  const { drawn, left } = drawnMessages();
  for (const message of drawn) {
    const lost = message.fate > 1;
    const selected = message === view.selected;
    const x1 = xOf(message.at),
      y1 = layout.nodeLine(message.from);
    let x2 = xOf(message.until),
      y2 = layout.nodeLine(message.to);
    if (message.fate === 2 || (lost && message.until === message.at)) {
      y2 = y1 + (y2 - y1) * 0.4;
      x2 = x1 + 6;
    }
    c.strokeStyle = selected
      ? cssColour("--accent")
      : lost
        ? cssColour("--bad")
        : MESSAGE_COLOURS[message.kind];
    c.globalAlpha = selected ? 1 : drawn.length > 1500 ? 0.35 : 0.7;
    c.lineWidth = selected ? 3 : 1;
    c.setLineDash(lost ? [4, 3] : []);
    c.beginPath();
    c.moveTo(x1, y1);
    c.lineTo(x2, y2);
    c.stroke();
    c.setLineDash([]);
    if (lost) cross(c, x2, y2, 3);
    if (!lost && drawn.length < 400) arrow(c, x1, y1, x2, y2);
  }
  c.globalAlpha = 1;
  c.lineWidth = 1;
  return left;
}

function cross(c, x, y, r) {
  c.beginPath();
  c.moveTo(x - r, y - r);
  c.lineTo(x + r, y + r);
  c.moveTo(x - r, y + r);
  c.lineTo(x + r, y - r);
  c.stroke();
}

function arrow(c, x1, y1, x2, y2) {
  const angle = Math.atan2(y2 - y1, x2 - x1);
  c.beginPath();
  for (const turn of [-0.4, 0.4]) {
    c.moveTo(x2, y2);
    c.lineTo(x2 - 7 * Math.cos(angle + turn), y2 - 7 * Math.sin(angle + turn));
  }
  c.stroke();
}

// The y of a mark's sign.
function markLine(mark) {
  if (mark.actor >= 0 && mark.actor < 1000) return layout.nodeLine(mark.actor);
  return 29;
}

function drawMarks(c) {
  let labelEnd = -Infinity;
  for (const mark of marks) {
    if (!inView(mark) || !shown(mark) || mark.kind === "follows" || mark.kind === "leads") continue;
    const x = xOf(mark.at),
      y = markLine(mark);
    const selected = mark === view.selected;
    if (mark.kind === "fault" || mark.kind === "phase") {
      c.strokeStyle = c.fillStyle = cssColour(mark.kind === "fault" ? "--warn" : "--accent");
      c.globalAlpha = selected ? 1 : 0.45;
      c.beginPath();
      c.moveTo(x, 22);
      c.lineTo(x, layout.opTop(0));
      c.stroke();
      c.globalAlpha = 1;
      if (x < labelEnd) continue;
      const label = mark.text.length > 48 ? `${mark.text.slice(0, 46)}..` : mark.text;
      c.fillText(label, x + 4, y);
      labelEnd = x + 14 + c.measureText(label).width;
    } else if (mark.kind === "crash") {
      c.strokeStyle = cssColour("--bad");
      c.lineWidth = 2.5;
      cross(c, x, y, 6);
      c.lineWidth = 1;
    } else if (mark.kind === "start") {
      c.fillStyle = cssColour("--good");
      c.beginPath();
      c.moveTo(x, y - 7);
      c.lineTo(x + 8, y);
      c.lineTo(x, y + 7);
      c.fill();
    } else if (mark.kind === "probe") {
      c.fillStyle = cssColour("--accent");
      c.beginPath();
      c.moveTo(x, y + 7);
      c.lineTo(x + 3, y + 11);
      c.lineTo(x, y + 15);
      c.lineTo(x - 3, y + 11);
      c.fill();
    } else {
      c.fillStyle = cssColour(/ERROR/.test(mark.text) ? "--bad" : "--soft");
      c.fillRect(x, y + 8, 1.5, 5);
    }
  }
}

function drawOps(c) {
  c.strokeStyle = cssColour("--line");
  const top = layout.opTop(0) - 6;
  c.beginPath();
  c.moveTo(0, top);
  c.lineTo(width(), top);
  c.stroke();
  for (const op of ops) {
    if (!inView(op) || !shown(op)) continue;
    const y = layout.opTop(op.client);
    const left = Math.max(LABEL_WIDTH, xOf(op.at));
    const wide = Math.max(2, xOf(op.until) - left);
    c.fillStyle = cssColour(
      op.outcome === "ok" ? "--good" : op.outcome === "failed" ? "--soft" : "--warn",
    );
    c.globalAlpha = op === view.selected || op.witness ? 1 : 0.6;
    c.fillRect(left, y, wide, layout.op - 5);
    c.globalAlpha = 1;
    if (!op.witness && op !== view.selected) continue;
    c.strokeStyle = cssColour(op.witness ? "--bad" : "--accent");
    c.lineWidth = 2.5;
    c.strokeRect(left - 2, y - 2, wide + 4, layout.op - 1);
    c.lineWidth = 1;
  }
}

function drawLabels(c) {
  c.fillStyle = cssColour("--back");
  c.fillRect(0, 0, LABEL_WIDTH - 4, layout.height);
  c.fillStyle = cssColour("--text");
  c.fillText("faults", 12, 29);
  for (let n = 0; n < raw.nodes; n++) {
    c.save();
    c.font = 'bold 13px system-ui, "DejaVu Sans", sans-serif';
    c.fillText(`node${n + 1}`, 12, layout.nodeLine(n));
    c.restore();
  }
  c.fillStyle = cssColour("--soft");
  for (let n = 0; n < raw.nodes; n++) {
    if (!lives.some((life) => life.actor === n && life.at <= view.to && life.until >= view.from)) {
      c.fillText("down", 12, layout.nodeLine(n) + 16);
    }
  }
  for (let client = 0; client < clientCount; client++) {
    c.fillText(`client${client}`, 12, layout.opTop(client) + (layout.op - 5) / 2);
  }
}

function drawFailure(c) {
  if (!run.failed || raw.focus[1] < view.from || raw.focus[0] > view.to) return;
  const left = xOf(raw.focus[0]),
    right = xOf(raw.focus[1]);
  c.fillStyle = c.strokeStyle = cssColour("--bad");
  c.globalAlpha = 0.09;
  c.fillRect(left, 18, Math.max(3, right - left), layout.height - 18);
  c.globalAlpha = 1;
  c.beginPath();
  c.moveTo(right, 18);
  c.lineTo(right, layout.height);
  c.stroke();
}

function drawOverview() {
  const c = fit(overview, 46);
  const wide = overview.clientWidth;
  const at = (us) => (us / run.end) * wide;
  c.fillStyle = cssColour("--panel");
  c.fillRect(0, 0, wide, 46);
  c.fillStyle = cssColour("--line");
  c.fillRect(at(raw.covered[0]), 38, Math.max(2, at(raw.covered[1]) - at(raw.covered[0])), 4);
  for (const mark of marks) {
    if (mark.kind === "fault") {
      c.fillStyle = cssColour("--warn");
      c.fillRect(at(mark.at), 4, 1.5, 12);
    }
    if (mark.kind === "crash") {
      c.fillStyle = cssColour("--bad");
      c.fillRect(at(mark.at), 18, 1.5, 8);
    }
    if (mark.kind === "leads") {
      c.fillStyle = groupColour(mark.group);
      c.fillRect(at(mark.at), 28, 1.5, 8);
    }
  }
  if (run.failed) {
    c.fillStyle = cssColour("--bad");
    c.globalAlpha = 0.35;
    c.fillRect(at(raw.focus[0]), 0, Math.max(3, at(raw.focus[1]) - at(raw.focus[0])), 46);
    c.globalAlpha = 1;
  }
  c.strokeStyle = cssColour("--accent");
  c.lineWidth = 2;
  c.strokeRect(at(view.from) + 1, 1, Math.max(4, at(view.to) - at(view.from) - 2), 44);
}

// Returns how many messages there are in view where not all are drawn, else 0.
function drawLanes() {
  layout = layoutFor(byId("scroller").clientHeight);
  const c = fit(canvas, layout.height);
  drawFailure(c);
  drawAxis(c);
  drawNodes(c);
  drawLeaders(c);
  const left = drawMessages(c);
  drawMarks(c);
  drawOps(c);
  drawLabels(c);
  return left;
}

function distanceToSegment(px, py, x1, y1, x2, y2) {
  const dx = x2 - x1,
    dy = y2 - y1;
  const along = Math.max(
    0,
    Math.min(1, ((px - x1) * dx + (py - y1) * dy) / (dx * dx + dy * dy || 1)),
  );
  return Math.hypot(px - x1 - along * dx, py - y1 - along * dy);
}

// What is drawn at a point of the canvas; null where nothing is near.
function itemAt(x, y) {
  const op = ops.find(
    (o) =>
      inView(o) &&
      shown(o) &&
      y >= layout.opTop(o.client) - 2 &&
      y <= layout.opTop(o.client) + layout.op - 3 &&
      x >= xOf(o.at) - 3 &&
      x <= xOf(o.until) + 3,
  );
  if (op) return op;
  const signs = marks.filter(
    (m) => inView(m) && shown(m) && m.kind !== "leads" && m.kind !== "follows",
  );
  const near = signs.find(
    (m) =>
      ["crash", "start", "fault", "phase"].includes(m.kind) &&
      Math.hypot(
        xOf(m.at) - x,
        (m.kind === "fault" || m.kind === "phase" ? Math.max(22, Math.min(36, y)) : markLine(m)) -
          y,
      ) < 7,
  );
  if (near) return near;
  const band = leaderships.find(
    (s) =>
      inView(s) &&
      x >= xOf(s.at) &&
      x <= xOf(s.until) &&
      y >= layout.bandTop(s.actor, s.group) &&
      y < layout.bandTop(s.actor, s.group) + layout.band - 1,
  );
  if (band) return band;
  let best = null,
    bestDistance = 6;
  for (const m of drawnMessages().drawn) {
    const d = distanceToSegment(
      x,
      y,
      xOf(m.at),
      layout.nodeLine(m.from),
      xOf(m.until),
      layout.nodeLine(m.to),
    );
    if (d < bestDistance) {
      best = m;
      bestDistance = d;
    }
  }
  return best || signs.find((m) => Math.hypot(xOf(m.at) - x, markLine(m) + 11 - y) < 6) || null;
}
