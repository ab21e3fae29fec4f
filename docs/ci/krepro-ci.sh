#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the GitHub action and the GitLab template call: hands a patch to krepro, waits for the
# verdict, leaves the exports in a folder, and exits with the verdict's code.
set -u

usage() {
    cat <<'TEXT'
usage: krepro-ci.sh [--server URL] [--out FOLDER] [--bundle] PATCH [OPTION OF krepro submit]...
       krepro-ci.sh [--server URL] [--out FOLDER] [--bundle] --job N

  PATCH      a mail or patch, or - for standard input
  --job N    report on a job that the server has already
  --server   a krepro server (default: $KREPRO_SERVER); without one, krepro serve is started here
             and ended with the script
  --out      folder for the exports (default: krepro-out)
  --bundle   keep the archive that repeats the result as well

Leaves junit.xml, krepro.sarif, krepro.ktap, summary.md and job.json in the folder. Adds the summary
to $GITHUB_STEP_SUMMARY and job and verdict to $GITHUB_OUTPUT where these are set.
Exit status: 0 fixed, 1 not fixed or regression or a new splat, 2 infrastructure, 3 not reproduced,
4 inconclusive, 64 wrong usage.
TEXT
}

wrong() {
    echo "krepro-ci: $1" >&2
    usage >&2
    exit 64
}

server=${KREPRO_SERVER:-}
out=krepro-out
bundle=no
job=
patch=
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage; exit 0 ;;
        --bundle) bundle=yes; shift; continue ;;
        --server | --out | --job) [ $# -ge 2 ] || wrong "$1 wants a value" ;;
        --*) wrong "there is no option $1 before the patch" ;;
        *) patch=$1; shift; break ;;
    esac
    case $1 in
        --server) server=$2 ;;
        --out) out=$2 ;;
        --job) job=$2 ;;
    esac
    shift 2
done
[ -n "$job$patch" ] || wrong "there is neither a patch nor a job"
[ -z "$job" ] || [ -z "$patch" ] || wrong "it is a patch or a job, not both"
case $job in *[!0-9]*) wrong "--job wants a number" ;; esac
[ -z "$patch" ] || [ "$patch" = - ] || [ -r "$patch" ] || wrong "cannot read $patch"
krepro=${KREPRO:-krepro}
command -v "$krepro" >/dev/null || {
    echo "krepro-ci: $krepro is not installed" >&2
    exit 2
}
mkdir -p "$out" || exit 2

daemon=
end_daemon() {
    [ -n "$daemon" ] || return 0
    kill "$daemon" 2>/dev/null
    wait "$daemon" 2>/dev/null
    daemon=
}
trap end_daemon EXIT
trap 'exit 2' HUP INT TERM

# serve_here: a server on a free port, for as long as the script runs.
serve_here() {
    "$krepro" serve --port 0 >"$out/daemon.log" 2>&1 &
    daemon=$!
    tries=0
    while [ $tries -lt 300 ]; do
        port=$(sed -n 's/.*listens on port \([0-9][0-9]*\).*/\1/p' "$out/daemon.log")
        [ -n "$port" ] && server=http://127.0.0.1:$port && return 0
        kill -0 "$daemon" 2>/dev/null || break
        sleep 0.2
        tries=$((tries + 1))
    done
    echo "krepro-ci: krepro serve did not start:" >&2
    cat "$out/daemon.log" >&2
    exit 2
}

# The id is the first number of the document's own "id".
id_of() {
    sed -n 's/^  "id": \([0-9][0-9]*\),*$/\1/p' "$1" | head -n 1
}

if [ -z "$server" ]; then
    [ -w /dev/kvm ] ||
        echo "krepro-ci: no /dev/kvm here: guests are emulated, see docs/ci/README.md" >&2
    serve_here
fi
export KREPRO_SERVER="$server"

if [ -z "$job" ]; then
    "$krepro" submit "$patch" "$@" --json >"$out/job.json" || exit
    job=$(id_of "$out/job.json")
    echo "krepro-ci: job $job on $server"
fi
"$krepro" watch "$job" || true
"$krepro" wait "$job"
code=$?

# A job that is not there or has no verdict has nothing to export.
"$krepro" show "$job" --json >"$out/job.json" || exit
failed=no
"$krepro" export "$job" --format junit -o "$out/junit.xml" || failed=yes
"$krepro" export "$job" --format sarif -o "$out/krepro.sarif" || failed=yes
"$krepro" export "$job" --format ktap -o "$out/krepro.ktap" || failed=yes
"$krepro" export "$job" --format markdown -o "$out/summary.md" || failed=yes
[ $bundle = no ] || "$krepro" bundle "$job" -o "$out/krepro-job-$job.tar.zst" || failed=yes
if [ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ -r "$out/summary.md" ]; then
    cat "$out/summary.md" >>"$GITHUB_STEP_SUMMARY"
fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then
    verdict=$("$krepro" wait "$job" | sed -n '1s/:.*//p')
    printf 'job=%s\nverdict=%s\n' "$job" "$verdict" >>"$GITHUB_OUTPUT"
fi
[ $failed = no ] || exit 2
exit $code
