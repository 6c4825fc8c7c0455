// Model: the run as the page's other parts see it. Times are microseconds.
const raw = JSON.parse(document.getElementById("data").textContent);

// The numbers of TraceEvent::Kind and RecordedMessage::Fate.
const MARK_KINDS = ["phase", "fault", "start", "crash", "leads", "follows", "log", "probe"];
const FATES = [
  "under way at the end",
  "arrived",
  "dropped",
  "cut",
  "queue overflowed",
  "receiver down",
];
const OF_MESSAGE = [
  ["snapshot", /[Ss]napshot/],
  ["vote", /Vote|TimeoutNow/],
  ["append", / Append .*\[/],
  ["call", /request|response/],
  ["hello", /hello|admit/],
  ["reply", /Reply/],
  ["beat", /./],
];
const SHOWN_AT_FIRST = { beat: false, reply: false };

function kindOfMessage(text) {
  const found = OF_MESSAGE.find(([, pattern]) => pattern.test(text));
  return found ? found[0] : "beat";
}

function actorName(actor) {
  if (actor < 0) return "world";
  return actor >= 1000 ? `client${actor - 1000}` : `node${actor + 1}`;
}

function seconds(us) {
  return `${Math.floor(us / 1e6)}.${String(us % 1e6).padStart(6, "0")}s`;
}

const run = raw.run;
const kindOfString = raw.strings.map(kindOfMessage);

const messages = raw.messages.map(([id, from, to, sent, until, fate, text]) => ({
  type: "message",
  id,
  from,
  to,
  at: sent,
  until,
  fate,
  text: raw.strings[text],
  kind: kindOfString[text],
}));

const marks = raw.marks.map(([kind, at, actor, group, term, text], id) => ({
  type: "mark",
  id,
  kind: MARK_KINDS[kind],
  at,
  until: at,
  actor,
  group,
  term,
  text,
}));

const ops = raw.ops.map(([client, at, until, text, result, attempts, witness], id) => ({
  type: "op",
  id,
  client,
  at,
  until: until < 0 ? run.end : until,
  answered: until >= 0,
  text,
  result,
  attempts,
  witness: witness === 1,
  outcome: until < 0 ? "none" : result.split(" ")[0],
}));

// From one mark of a state to the mark that ends it: who leads, who is up.
function spans(begins, endsIt, keyOf) {
  const open = new Map();
  const out = [];
  const close = (key, at) => {
    const span = open.get(key);
    if (!span) return;
    open.delete(key);
    span.until = at;
    out.push(span);
  };
  for (const mark of marks) {
    for (const key of [...open.keys()]) if (endsIt(mark, key, open.get(key))) close(key, mark.at);
    if (mark.kind === begins) open.set(keyOf(mark), { ...mark, type: "span" });
  }
  for (const key of [...open.keys()]) close(key, run.end);
  return out;
}

const leaderships = spans(
  "leads",
  (mark, key, span) =>
    (mark.kind === "crash" && mark.actor === span.actor) ||
    ((mark.kind === "follows" || mark.kind === "leads") &&
      mark.actor === span.actor &&
      mark.group === span.group),
  (mark) => `${mark.actor}/${mark.group}`,
);
const lives = spans(
  "start",
  (mark, key, span) => mark.kind === "crash" && mark.actor === span.actor,
  (mark) => mark.actor,
);

function describeMark(mark) {
  const group = raw.groups[mark.group];
  switch (mark.kind) {
    case "leads":
      return `leads ${group}, term ${mark.term}`;
    case "follows":
      return `leads ${group} no more`;
    case "start":
      return "starts";
    case "crash":
      return `crashes: ${mark.text}`;
    case "phase":
      return `phase: ${mark.text}`;
    case "probe":
      return `reaches ${mark.text}`;
    default:
      return mark.text;
  }
}

function describe(item) {
  if (item.type === "message") return `to ${actorName(item.to)}: ${item.text}`;
  if (item.type === "op")
    return `${item.witness ? "WITNESS " : ""}${item.text} -> ${item.answered ? item.result : "no answer"}`;
  return describeMark(item);
}

function actorOf(item) {
  return item.type === "message" ? item.from : item.type === "op" ? 1000 + item.client : item.actor;
}

const everything = [...messages, ...marks, ...ops].sort((a, b) => a.at - b.at);

// What the reader wants to see.
const filter = {
  kinds: new Map(), // message kinds, and "log", "probe"
  group: -1,
  find: "",
};
for (const [kind] of OF_MESSAGE) filter.kinds.set(kind, SHOWN_AT_FIRST[kind] !== false);
filter.kinds.set("log", true);
filter.kinds.set("probe", true);

function ofGroup(item) {
  if (filter.group < 0) return true;
  const name = raw.groups[filter.group];
  if (item.type === "message") return new RegExp(`\\b${name}\\b`).test(item.text);
  if (item.type === "op" || item.group === undefined || item.group < 0) return true;
  return item.group === filter.group;
}

function shown(item) {
  if (item.type === "message" && !filter.kinds.get(item.kind)) return false;
  if (item.type === "mark" && filter.kinds.get(item.kind) === false) return false;
  if (!ofGroup(item)) return false;
  return filter.find === "" || describe(item).toLowerCase().includes(filter.find);
}
