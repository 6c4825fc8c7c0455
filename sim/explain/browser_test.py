"""The page of a failed run in headless Chromium: what is drawn can be clicked,
filtered, zoomed and found, at a laptop's and a wide screen's size; nothing is
fetched and nothing is logged as an error.

Speaks the WebDriver protocol (https://www.w3.org/TR/webdriver2/) to chromedriver.
"""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.request

SIZES = [(1366, 768), (1920, 1080), (2560, 1300)]
FAILING = ["--swarm", "--mutate", "rule-T1.validate-reads"]
BYTES_MAX = 2_000_000


class Browser:
    """One session of chromedriver, ended with its process."""

    def __init__(self, folder):
        self._driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env={**os.environ, "HOME": folder, "TMPDIR": folder})
        self._session = ""
        for line in self._driver.stdout:
            if "started successfully on port" in line:
                self._base = f"http://127.0.0.1:{int(line.split()[-1].rstrip('.'))}"
                break
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--hide-scrollbars", f"--user-data-dir={folder}/profile"]
        made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": arguments}}}})
        self._session = f"/session/{made['sessionId']}"

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + self._session + path, data, method=method,
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def open(self, path, width, height):
        """Loads a file into a view of the given size."""
        self._call("POST", "/goog/cdp/execute", {
            "cmd": "Emulation.setDeviceMetricsOverride",
            "params": {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}})
        self._call("POST", "/url", {"url": pathlib.Path(path).as_uri()})
        self.settle()

    def run(self, script, *args):
        return self._call("POST", "/execute/sync", {"script": script, "args": list(args)})

    def settle(self):
        """Until the page has drawn what it was asked for."""
        self._call("POST", "/execute/async", {
            "script": "const done = arguments[0];"
                      "requestAnimationFrame(() => requestAnimationFrame(() => done()));",
            "args": []})

    def click(self, x, y):
        mouse = [{"type": "pointerMove", "duration": 0, "x": round(x), "y": round(y)},
                 {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self._call("POST", "/actions", {"actions": [
            {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"},
             "actions": mouse}]})
        self.settle()

    def press(self, key):
        self._call("POST", "/actions", {"actions": [
            {"type": "key", "id": "keys",
             "actions": [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]}]})
        self.settle()

    def errors(self):
        return [entry["message"] for entry in self._call("POST", "/se/log", {"type": "browser"})]

    def picture(self, path):
        pathlib.Path(path).write_bytes(base64.b64decode(self._call("GET", "/screenshot")))

    def close(self):
        self._call("DELETE", "")
        self._driver.terminate()
        self._driver.wait(30)


def expect(good, what):
    if not good:
        raise AssertionError(what)


def make_page(sim, folder):
    """A page of the first seed that fails with the planted bug."""
    path = os.path.join(folder, "page.html")
    for seed in range(1, 60):
        done = subprocess.run([sim, "explain", *FAILING, "--seed", str(seed), "--html", path],
                              capture_output=True, text=True, check=False)
        expect(done.returncode in (0, 1), f"exit {done.returncode}: {done.stdout}{done.stderr}")
        if done.returncode == 1 and "client" in done.stdout.split("The witness", 1)[-1]:
            return path
    raise AssertionError("no seed failed")


# A mouse is on whole points of the screen: what is there counts, not what is near.
POINT_OF = """
const pointOn = (x, y) => {
  const box = canvas.getBoundingClientRect();
  return [Math.round(box.left + x), Math.round(box.top + y)];
};
const isThere = (item, x, y) => {
  const box = canvas.getBoundingClientRect();
  const [left, top] = pointOn(x, y);
  return itemAt(left - box.left, top - box.top) === item;
};
"""
A_MESSAGE = POINT_OF + """
const middle = (m) => [(xOf(m.at) + xOf(m.until)) / 2,
  (layout.nodeLine(m.from) + layout.nodeLine(m.to)) / 2];
const m = drawnMessages().drawn.find((m) => m.fate === 1 && m.at > view.from && m.until < view.to &&
  Math.abs(m.from - m.to) === 1 && isThere(m, ...middle(m)));
return m ? [m.id, m.text, ...pointOn(...middle(m))] : null;
"""
A_WITNESS = POINT_OF + """
const middle = (o) => [(xOf(Math.max(o.at, view.from)) + xOf(Math.min(o.until, view.to))) / 2,
  layout.opTop(o.client) + 4];
// Another operation of the client may lie over a part of it.
const o = ops.find((o) => o.witness && isThere(o, ...middle(o)));
if (!o) return null;
// Of many lanes some are below what is seen at first.
let pane = canvas;
while (pane && pane.scrollHeight <= pane.clientHeight) pane = pane.parentElement;
if (pane) pane.scrollTop = layout.opTop(o.client) - pane.clientHeight / 2;
return [o.client, o.text, ...pointOn(...middle(o))];
"""
DETAIL = "return document.getElementById('detail').innerText"
COUNT = "return everything.filter((item) => inView(item) && shown(item)).length"


def any_message(browser):
    """One that can be clicked: at the failure, or where the run is looked at closer and closer."""
    message = browser.run(A_MESSAGE)
    browser.run("canvas.focus()")
    if message is None:
        browser.press("0")
    for _ in range(20):
        message = message or browser.run(A_MESSAGE)
        if message is not None:
            return message
        browser.press("+")
    raise AssertionError("no message is drawn, however close one looks")


def check_clicks(browser):
    number, text, x, y = any_message(browser)
    browser.click(x, y)
    detail = browser.run(DETAIL)
    expect(f"Message {number}" in detail, f"a click on message {number} shows: {detail}")
    expect(text.split("; ")[0] in detail, f"the message says {text!r}, the page {detail!r}")
    browser.run("canvas.focus()")
    browser.press("f")
    witness = browser.run(A_WITNESS)
    expect(witness is not None, "no witness can be clicked")
    client, text, x, y = witness
    browser.click(x, y)
    detail = browser.run(DETAIL)
    expect(f"client{client}: named by the oracle" in detail and text in detail, detail)
    listed = browser.run("return document.querySelectorAll('#events button.witness').length")
    expect(listed >= 1, "no row of the list is marked as a witness")


def find(browser, text):
    browser.run("byId('find').value = arguments[0];"
                "byId('find').dispatchEvent(new Event('input'))", text)
    browser.settle()


def check_filters(browser):
    before = browser.run(COUNT)
    browser.run("document.querySelector('[data-kind=beat]').click()")
    expect(browser.run(COUNT) >= before, "more kinds, fewer events")
    browser.run("for (const box of document.querySelectorAll('#kinds input:checked')) box.click()")
    browser.settle()
    kinds = browser.run(
        "return [...new Set(everything.filter((i) => inView(i) && shown(i)).map((i) => i.type))]")
    expect("message" not in kinds, f"all kinds are off, there are {kinds}")
    browser.run("for (const box of document.querySelectorAll('#kinds input')) "
                "if (!box.checked) box.click()")
    find(browser, "no such text anywhere")
    expect(browser.run(COUNT) == 0, "what nothing contains is found")
    find(browser, "")


def check_moves(browser):
    browser.run("canvas.focus()")
    span = "return view.to - view.from"
    before = browser.run(span)
    browser.press("+")
    expect(browser.run(span) < before, "+ does not zoom in")
    browser.press("0")
    expect(browser.run(span) >= browser.run("return run.end"), "0 does not show the whole run")
    expect(browser.run("return leaderships.length > 0 && lives.length >= raw.nodes"),
           "no leader or life")
    browser.press("f")
    expect(browser.run("return view.from <= raw.focus[0] && view.to >= raw.focus[1]"),
           "f does not show the failure")


def check_fits(browser, size):
    expect(browser.run("return document.documentElement.scrollWidth <= window.innerWidth"),
           f"{size}: wider than the screen")
    bottom = browser.run("return byId('events').getBoundingClientRect().bottom")
    expect(bottom <= size[1] + 1, f"{size}: the list ends at {bottom}, below the screen")
    inked = browser.run(
        "const all = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;"
        "let n = 0; for (let i = 3; i < all.length; i += 4) if (all[i]) n++; return n")
    expect(inked > 10_000, f"{size}: {inked} points of the lanes are drawn")


def main(sim):
    if shutil.which("chromedriver") is None:
        print("no chromedriver: apt-get install chromium chromium-driver")
        return 1
    out = os.environ.get("TEST_UNDECLARED_OUTPUTS_DIR")
    with tempfile.TemporaryDirectory(prefix="page") as folder:
        page = make_page(sim, folder)
        size = os.path.getsize(page)
        expect(size <= BYTES_MAX, f"{size} bytes")
        browser = Browser(folder)
        try:
            for width, height in SIZES:
                browser.open(page, width, height)
                check_fits(browser, (width, height))
                if out:
                    browser.picture(os.path.join(out, f"page-{width}.png"))
                check_clicks(browser)
                check_filters(browser)
                check_moves(browser)
            fetched = browser.run(
                "return performance.getEntriesByType('resource').map((e) => e.name)")
            expect(fetched == [], f"the page fetches {fetched}")
            errors = browser.errors()
            expect(errors == [], f"the browser complains: {errors}")
        finally:
            browser.close()
    print(f"page of {size} bytes at {len(SIZES)} sizes: good")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
