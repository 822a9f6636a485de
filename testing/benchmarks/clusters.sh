# Read by dm-writes and dm-transitions: three replicas of the Device Manager and three of etcd (Debian's, with its
# defaults), on loopback, below $work; ended with the script. Sets java, dist, grpc, etcd_leader.
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
root=$here/../..
for need in etcd:etcd-server etcdctl:etcd-client; do
  command -v "${need%:*}" >/dev/null || apt-get install -y -qq "${need#*:}" >&2
done
dist=$root/packaging/target/pilothouse
[[ -f $dist/built ]] || "$root/pilot" build
java=$(<"$dist/java-home")/bin
work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
base=$((21000 + RANDOM % 5000))

start_clusters() { # options of the replicas' JVMs
  local i p t peers= members= clients=
  grpc=
  for i in 1 2 3; do
    p=$((base + i * 10))
    peers+=${peers:+,}dm-$i=127.0.0.1:$p/127.0.0.1:$((p + 1))/127.0.0.1:$((p + 2))
    grpc+=${grpc:+,}127.0.0.1:$((p + 1))
    members+=${members:+,}e$i=http://127.0.0.1:$((p + 3))
    clients+=${clients:+,}127.0.0.1:$((p + 4))
  done
  for i in 1 2 3; do
    p=$((base + i * 10))
    # as an installation runs it: with the optimising compiler
    "$java/java" "@$dist/jvm/dm.args" "$@" -cp "$dist/lib/*" io.pilothouse.dm.server.Main \
      --id "dm-$i" --cluster bench --data "$work/dm-$i" --peers "$peers" >"$work/dm-$i.log" 2>&1 &
    pids+=($!)
    etcd --name "e$i" --data-dir "$work/e$i" --listen-peer-urls "http://127.0.0.1:$((p + 3))" \
      --initial-advertise-peer-urls "http://127.0.0.1:$((p + 3))" --listen-client-urls "http://127.0.0.1:$((p + 4))" \
      --advertise-client-urls "http://127.0.0.1:$((p + 4))" --initial-cluster "$members" >"$work/e$i.log" 2>&1 &
    pids+=($!)
  done
  etcd_leader=
  for ((t = 0; t < 100; t++)); do
    etcd_leader=$(ETCDCTL_API=3 etcdctl --endpoints "$clients" endpoint status 2>/dev/null | awk -F', ' '$5 == "true" { print $1 }' | head -1)
    [[ -z $etcd_leader ]] || return 0
    sleep 0.3
  done
  echo "etcd has no leader" >&2
  tail -3 "$work"/e*.log >&2
  return 1
}

bench() { # class path beside ours, program, its arguments
  local libraries=$1
  shift
  "$java/java" -Xmx1g --enable-native-access=ALL-UNNAMED -Dlogback.configurationFile=logback-cli.xml \
    -cp "$work/bench:$dist/lib/*$libraries" "$@"
}
