#!/usr/bin/env python3
"""Remakes timezones.cypher from the tz database of this machine.

usage: make_timezones.py [FOLDER] > timezones.cypher   (default /usr/share/zoneinfo)

The tz database (tzdata.zi, zone1970.tab, iso3166.tab) is in the public domain;
each of the files says so in its first lines. The output is one CREATE statement
with the facts as a graph.
"""

import sys


def lines(folder, name):
    with open(f"{folder}/{name}", encoding="utf-8") as source:
        return [line.rstrip("\n") for line in source if line.strip() and line[0] != "#"]


def text(value):
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def read_zones(folder):
    """Zone -> (rules it ever used, its last standard offset); alias -> zone."""
    zones, aliases, current = {}, {}, None
    for line in lines(folder, "tzdata.zi"):
        words = line.split()
        if words[0] == "R":
            current = None
        elif words[0] == "L":
            aliases[words[2]] = words[1]
        else:
            if words[0] == "Z":
                current = words[1]
                zones[current] = (set(), "")
                words = words[2:]
            rules, _ = zones[current]
            if words[1][0].isalpha():
                rules.add(words[1])
            zones[current] = (rules, words[0])
    return zones, aliases


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/zoneinfo"
    countries = dict(line.split("\t")[:2] for line in lines(folder, "iso3166.tab"))
    zones, aliases = read_zones(folder)
    nodes, edges, names = [], [], {}

    def node(kind, key, label, properties):
        names[kind, key] = f"{kind}{len(names)}"
        body = ",".join(f"{k}:{text(v)}" for k, v in properties.items())
        nodes.append(f"({names[kind, key]}:{label}{{{body}}})")

    def edge(a, relationship, b):
        edges.append(f"({names[a]})-[:{relationship}]->({names[b]})")

    for code, name in sorted(countries.items()):
        node("c", code, "Country", {"code": code, "name": name})
    for region in sorted({zone.split("/")[0] for zone in zones if "/" in zone}):
        node("r", region, "Region", {"name": region})
    for rule in sorted({rule for rules, _ in zones.values() for rule in rules}):
        node("d", rule, "Rule", {"name": rule})
    for offset in sorted({offset for _, offset in zones.values()}):
        node("o", offset, "Offset", {"hours": offset})
    for zone in sorted(zones):
        node("z", zone, "Zone", {"name": zone})
    for alias in sorted(aliases):
        node("a", alias, "Alias", {"name": alias})

    for zone, (rules, offset) in sorted(zones.items()):
        if "/" in zone:
            edge(("z", zone), "IN_REGION", ("r", zone.split("/")[0]))
        edge(("z", zone), "OFFSET", ("o", offset))
        for rule in sorted(rules):
            edge(("z", zone), "USED_RULE", ("d", rule))
    for alias, zone in sorted(aliases.items()):
        if zone in zones:
            edge(("a", alias), "ALIAS_OF", ("z", zone))
    for line in lines(folder, "zone1970.tab"):
        codes, _, zone = line.split("\t")[:3]
        for code in codes.split(","):
            if zone in zones:
                edge(("c", code), "HAS_ZONE", ("z", zone))

    print("// Time zones of the world: countries, zones, aliases, rules, offsets.")
    print("// Facts of the tz database, which is in the public domain (tzdata.zi,")
    print("// zone1970.tab, iso3166.tab). Made by tools/demo.d/make_timezones.py:")
    print(f"// {len(nodes)} nodes, {len(edges)} relationships.")
    print("CREATE")
    print(",\n".join(nodes + edges))


if __name__ == "__main__":
    main()
