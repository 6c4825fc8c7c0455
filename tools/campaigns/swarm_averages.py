"""Averages over the reports of several graphdb-sim runs (standard input), and
whether they reach what a short seed is required to show."""
import re
import sys

REQUIRED = [("simulated s", 30), ("requests", 200), ("% acknowledged", 60),
            ("multi-shard commits", 20), ("conflicts", 5), ("faults", 5), ("kinds", 3),
            ("leader changes", 1)]
LINE = re.compile(
    r"per run: ([\d.]+) simulated s, ([\d.]+) requests, ([\d.]+)% acknowledged, [\d.]+ unknown, "
    r"([\d.]+) multi-shard commits, ([\d.]+) conflicts, ([\d.]+) faults of ([\d.]+) kinds, "
    r"([\d.]+) leader changes")
SPEED = re.compile(r"wall ([\d.]+) s .*?([\d.]+) events/s, simulated/real ([\d.]+)")


def main():
    text = sys.stdin.read()
    runs = [int(n) for n in re.findall(r"^runs (\d+),", text, re.M)]
    rows = [[float(v) for v in m] for m in LINE.findall(text)]
    speeds = [[float(v) for v in m] for m in SPEED.findall(text)]
    if not runs or len(runs) != len(rows) or len(runs) != len(speeds):
        print("averages: the reports are incomplete")
        return 1
    total = sum(runs)
    missed = False
    for i, (name, least) in enumerate(REQUIRED):
        mean = sum(n * row[i] for n, row in zip(runs, rows)) / total
        missed |= mean < least
        print(f"{name} | {mean:.1f} | {least} | {'PASS' if mean >= least else 'FAIL'}")
    wall = sum(s[0] for s in speeds)
    print(f"events/s | {sum(s[0] * s[1] for s in speeds) / wall:.0f}")
    print(f"simulated/real | {sum(s[0] * s[2] for s in speeds) / wall:.0f}")
    print(f"{total} runs")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
