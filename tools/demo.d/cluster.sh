# shellcheck shell=bash
# For the operator's act: real nodes on loopback, in folders below DEMO_TMP,
# started and ended by process id.

GRAPHDB=${GRAPHDB:-bazel-bin/prod/server/graphdb}
CLI=${CLI:-bazel-bin/prod/cli/graphdb-cli}
declare -A PID=()
writer=''

# reserve_ports N: PORTS holds N free loopback ports. They lie below those that
# the system gives to outgoing connections, so none is taken while its node is down.
reserve_ports() {
  mapfile -t PORTS < <(python3 - "$1" <<'PY'
import random, socket, sys
free = []
while len(free) < int(sys.argv[1]):
    s = socket.socket()
    try:
        s.bind(("127.0.0.1", random.SystemRandom().randrange(20000, 32000)))
    except OSError:
        continue
    free.append(s)
print("\n".join(str(s.getsockname()[1]) for s in free))
PY
)
}

write_milestone2_config() {
  mkdir -p "$DEMO_TMP/m2"
  cat >"$DEMO_TMP/m2/config.yaml" <<YAML
node_id: m2
bind_addr: 127.0.0.1
grpc:
  listen_addr: 127.0.0.1:${PORTS[0]}
storage:
  data_dir: $DEMO_TMP/m2/data
  disk_backed_edges: true
  cache_size: 100000
metrics:
  listen_addr: 127.0.0.1:${PORTS[9]}
YAML
}

make_certificate() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
    -addext 'subjectAltName=IP:127.0.0.1,DNS:localhost' \
    -keyout "$DEMO_TMP/server.key" -out "$DEMO_TMP/server.crt" 2>/dev/null
}

# The guide's file with loopback addresses, free ports and a temporary folder.
write_cluster_configs() {
  local i name
  for i in 1 2 3; do
    name=node$i
    mkdir -p "$DEMO_TMP/$name"
    cat >"$DEMO_TMP/$name/config.yaml" <<YAML
node_id: $name
bind_addr: 127.0.0.1

raft:
  raft_addr: 127.0.0.1:${PORTS[$((i + 2))]}
  data_dir: $DEMO_TMP/$name/raft
  bootstrap: $([ $i = 1 ] && echo true || echo false)  # Only true on first node
  peers:
    - node1: 127.0.0.1:${PORTS[3]}
    - node2: 127.0.0.1:${PORTS[4]}
    - node3: 127.0.0.1:${PORTS[5]}

grpc:
  listen_addr: 127.0.0.1:${PORTS[$((i - 1))]}
  tls:
    enabled: true
    cert_file: $DEMO_TMP/server.crt
    key_file: $DEMO_TMP/server.key

storage:
  data_dir: $DEMO_TMP/$name/data
  disk_backed_edges: true
  cache_size: 100000

sharding:
  num_shards: 9
  cluster_nodes:
    - 127.0.0.1:${PORTS[0]}
    - 127.0.0.1:${PORTS[1]}
    - 127.0.0.1:${PORTS[2]}

metrics:
  listen_addr: 127.0.0.1:${PORTS[$((i + 5))]}
YAML
  done
}

guide_table() {
  cat <<'TABLE'
Node          Role      Status    Shards
node1         Leader    Healthy   0,3,6
node2         Follower  Healthy   1,4,7
node3         Follower  Healthy   2,5,8
TABLE
}

# cli NODE ARG...
cli() {
  local node=$1
  shift
  "$CLI" --config "$DEMO_TMP/$node/config.yaml" "$@"
}

start_node() {
  echo "starting $1"
  "$GRAPHDB" --config "$DEMO_TMP/$1/config.yaml" 2>>"$DEMO_TMP/$1/log" </dev/null >/dev/null &
  PID[$1]=$!
}

wait_ready() {
  local i
  for ((i = 0; i < 100; i++)); do
    cli "$1" query 'RETURN 1 AS one' >/dev/null 2>&1 && return 0
    kill -0 "${PID[$1]}" 2>/dev/null || break
    sleep 0.2
  done
  tail -n 20 "$DEMO_TMP/$1/log"
  return 1
}

# SIGTERM: it drains and ends with 0.
stop_node() {
  local status=0
  kill -TERM "${PID[$1]}"
  wait "${PID[$1]}" || status=$?
  unset "PID[$1]"
  expect "the exit status of $1" "$status" 0
}

kill_node() {
  kill -KILL "${PID[$1]}"
  wait "${PID[$1]}" 2>/dev/null || true
  unset "PID[$1]"
}

stop_everything() {
  [ -z "$writer" ] || kill "$writer" 2>/dev/null || true
  local pid
  for pid in "${PID[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${PID[@]}"; do wait "$pid" 2>/dev/null || true; done
}

keep_everything() { trap - EXIT; }
all_pids() { echo "${PID[@]}"; }

# field JSON-PATH: reads JSON from standard input.
field() { python3 -c 'import json,sys
value = json.load(sys.stdin)
for step in sys.argv[1].split("."):
    value = value[int(step)] if step.isdigit() else value[step]
print(value)' "$1"; }

counts() {
  local json
  json=$(cli "$1" --format json stats)
  echo "$(field nodes <<<"$json") $(field edges <<<"$json")"
}
digest() { cli "$1" --format json stats --digest | field digest; }
expect_replicas_equal() {
  local equal
  equal=$(cli "$1" --format json stats --digest | field replicas_equal)
  expect "equality of the replicas" "$equal" True
}

# answer NODE QUERY EXPECTED: a query with one number as its result.
answer() {
  local got
  got=$(cli "$1" --format json query "$2" | field rows.0.0)
  echo "$2  ->  $got"
  expect "the answer" "$got" "$3"
}

# expect_every_shard_has_nodes NODE
expect_every_shard_has_nodes() {
  local shards
  shards=$(cli "$1" --format json stats --digest | python3 -c 'import json,sys
replicas = json.load(sys.stdin)["replicas"]
print(len({line["shard"] for line in replicas if line["leader"] and line["nodes"] > 0}))')
  echo "shards that hold nodes: $shards"
  expect "the number of shards that hold nodes" "$shards" 9
}

# within SECONDS COMMAND ARG...: asks again until it succeeds.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

# other_leader N OLD NODE: a node that isn't OLD leads shard N, as NODE sees it.
other_leader() {
  local leader
  leader=$(leader_of_shard "$1" "$3" 2>/dev/null) || return 1
  [ -n "$leader" ] && [ "$leader" != "$2" ]
}

acknowledged() { wc -l <"$DEMO_TMP/acknowledged"; }
acknowledged_at_least() { [ "$(acknowledged)" -ge "$1" ]; }

# leader_of_shard N [NODE]
leader_of_shard() { cli "${2:-node1}" --format json shard map | field "shards.$1.leader"; }

# Writes one node after another through any node, and keeps the names of those
# that were acknowledged.
start_writer() {
  : >"$DEMO_TMP/acknowledged"
  (
    i=0
    while :; do
      i=$((i + 1))
      node=node$((i % 3 + 1))
      if cli "$node" --timeout 3 exec "CREATE (:Written {name: 'w$i'})" >/dev/null 2>&1; then
        echo "w$i" >>"$DEMO_TMP/acknowledged"
      fi
    done
  ) &
  writer=$!
}

stop_writer() {
  kill "$writer" 2>/dev/null || true
  wait "$writer" 2>/dev/null || true
  writer=''
}

expect_acknowledged() {
  cli "$1" --format json query 'MATCH (n:Written) RETURN n.name AS name' |
    python3 -c 'import json,sys
print("\n".join(sorted(row[0] for row in json.load(sys.stdin)["rows"])))' >"$DEMO_TMP/present"
  local lost
  lost=$(sort "$DEMO_TMP/acknowledged" | comm -23 - "$DEMO_TMP/present" | wc -l)
  echo "read through $1: $(wc -l <"$DEMO_TMP/present") written nodes, $lost acknowledged ones lost"
  expect "the number of lost writes" "$lost" 0
}
