#!/usr/bin/env bash
# Goal: what README tells people to type works and prints what README says.
# Method: each `$` line of its console blocks is run in a folder where the
# programs and the config have the names used there, against a real cluster; the
# lines below it must be the last ones of its output (any figure stands for any
# other). What would build or test the whole tree is listed here and not run.
set -eu
readme=$PWD/README.md
for name in GRAPHDB CLI SIM PROPERTY_TEST; do export "$name=$PWD/${!name}"; done
export DEMO_TMP=$TEST_TMPDIR/readme
. tools/demo.d/lib.sh
. tools/demo.d/cluster.sh
trap stop_everything EXIT

not_run() {
  case $1 in
    tools/demo | tools/test | .ci/run | 'tools/test --only '*) return 0 ;;
    'tools/dev install /usr/local/bin' | 'tools/dev property --plans '*) return 0 ;;
    *) return 1 ;;
  esac
}

# stand_in PATH BODY: a program for the folder in which README is followed.
stand_in() {
  mkdir -p "$(dirname "$DEMO_TMP/$1")"
  printf '#!/usr/bin/env bash\n%s\n' "$2" >"$DEMO_TMP/$1"
  chmod +x "$DEMO_TMP/$1"
}
prepare() {
  mkdir -p "$DEMO_TMP"
  reserve_ports 10
  make_certificate
  write_cluster_configs
  local config=$DEMO_TMP/node1/config.yaml
  stand_in bin/graphdb "exec '$GRAPHDB' \"\${@/\\/etc\\/graphdb\\/config.yaml/$config}\""
  stand_in bin/graphdb-cli "exec '$CLI' --config '$config' \"\$@\""
  stand_in tools/dev "case \$1 in
sim) exec '$SIM' \"\${@:2}\" ;;
property) exec '$PROPERTY_TEST' \"\${@:2}\" ;;
esac
exit 2"
  export PATH=$DEMO_TMP/bin:$PATH
  mkdir -p "$DEMO_TMP/docs"
  cp docs/config.md "$DEMO_TMP/docs"
  cd "$DEMO_TMP"
  for node in node2 node3; do start_node $node; done
}

# In folders of its own: config.yaml of the machine isn't the test's to write.
elsewhere() {
  case $1 in
    'mkdir '* | 'sed '*)
      sed "s|/etc/graphdb|$DEMO_TMP/etc|g; s|/var/lib/graphdb|$DEMO_TMP/var|g" <<<"$1"
      ;;
    *) echo "$1" ;;
  esac
}

figures() { sed -E 's/[0-9a-f]{16}/HASH/g; s/[0-9]+(\.[0-9]+)?/N/g; s/ +$//'; }

commands=0
# follow COMMAND EXPECTED-OUTPUT
follow() {
  [ -n "$1" ] || return 0
  if not_run "$1"; then
    echo "not run here: $1"
    return 0
  fi
  echo "\$ $1"
  commands=$((commands + 1))
  if [[ $1 == 'graphdb --config '* ]]; then
    bash -c "exec $1" 2>>"$DEMO_TMP/node1/log" </dev/null &
    PID[node1]=$!
    return 0
  fi
  local output lines
  local status=0
  output=$(bash -c "$(elsewhere "$1")" </dev/null) || status=$?
  if [ "$status" -ne 0 ]; then
    echo "$output"
    echo "ended with $status: $1"
    return 1
  fi
  [ -n "$2" ] || return 0
  lines=$(wc -l <<<"$2")
  expect "the end of the output of: $1" \
    "$(tail -n "$lines" <<<"$output" | figures)" "$(figures <<<"$2")"
}

prepare
command='' expected='' inside=0
while IFS= read -r line; do
  case $inside$line in
    '0```console') inside=1 ;;
    '1```')
      inside=0
      follow "$command" "$expected"
      command='' expected=''
      ;;
    '1$ '*)
      follow "$command" "$expected"
      command=${line#\$ } expected=''
      ;;
    1*) expected+=${expected:+$'\n'}$line ;;
  esac
done <"$readme"
expect "the first and the last key of the config that README writes" \
  "$(sed -n '1p;$p' etc/config.yaml)" $'node_id: node1\n    - 10.0.1.12:9000'
[ "$commands" -ge 8 ] || { echo "README has only $commands commands to follow"; exit 1; }
echo "followed $commands commands"
