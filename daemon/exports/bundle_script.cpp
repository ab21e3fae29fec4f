// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "exports/bundle.hpp"
#include "exports/text.hpp"

namespace krepro::exports {

namespace {

// What is the same in every bundle. Exit codes: 0 the bug appeared, 1 it did not, 2 no boot came
// far enough to say, 64 wrong usage.
constexpr auto k_script = R"SH(
usage() {
    cat <<TEXT
usage: ./repro.sh [--arm unpatched|patched] [--kernel bzImage] [--boots N] [--accel tcg|kvm]
                  [--out FOLDER]

Boots the kernel in QEMU, loops the reproducer and says whether the bug appeared.
  --arm     which kernel of this bundle (default: unpatched)
  --kernel  a kernel of your own in its place, built with this bundle's config
  --boots   at most this many boots, until the bug appears (default: $BOOTS)
  --accel   default: $ACCEL, as in krepro's own boots
  --out     where the consoles are kept (default: a new folder in ${TMPDIR:-/tmp})
Exit status: 0 it appeared, 1 it did not, 2 no boot came far enough to say, 64 wrong usage.
TEXT
}

wrong() {
    echo "repro.sh: $1" >&2
    usage >&2
    exit 64
}

here=$(cd "$(dirname "$0")" && pwd) || exit 2
tab=$(printf '\t')
arm=unpatched
kernel=
boots=$BOOTS
accel=$ACCEL
out=
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage; exit 0 ;;
        --arm | --kernel | --boots | --accel | --out) [ $# -ge 2 ] || wrong "$1 wants a value" ;;
        *) wrong "there is no option $1" ;;
    esac
    case $1 in
        --arm) arm=$2 ;;
        --kernel) kernel=$2 ;;
        --boots) boots=$2 ;;
        --accel) accel=$2 ;;
        --out) out=$2 ;;
    esac
    shift 2
done
case $arm in unpatched | patched) ;; *) wrong "--arm is unpatched or patched" ;; esac
case $accel in tcg) cpu=qemu64 ;; kvm) cpu=host ;; *) wrong "--accel is tcg or kvm" ;; esac
case $boots in '' | *[!0-9]* | 0) wrong "--boots is a number from 1" ;; esac
name=$arm
[ -z "$kernel" ] || name=own
[ -n "$kernel" ] || kernel=$here/$arm/bzImage
[ -r "$kernel" ] || wrong "cannot read $kernel"
command -v qemu-system-x86_64 >/dev/null || {
    echo "repro.sh: qemu-system-x86_64 is not installed (Debian: qemu-system-x86)" >&2
    exit 2
}
if [ -n "$out" ]; then mkdir -p "$out" || exit 2; else out=$(mktemp -d) || exit 2; fi

qemu=
end_qemu() {
    [ -n "$qemu" ] || return 0
    kill "$qemu" 2>/dev/null
    wait "$qemu" 2>/dev/null
    qemu=
}
trap end_qemu EXIT
trap 'exit 2' HUP INT TERM

# shows CONSOLE: the first line that says the bug is there, or failure.
shows() {
    while IFS=$tab read -r title lock; do
        grep -aFq -- "$title" "$1" || continue
        if [ -z "$lock" ] || grep -aF -A 40 -- "$title" "$1" | grep -aFq -- "$lock"; then
            grep -aF -m 1 -- "$title" "$1" | tr -d '\r'
            return 0
        fi
    done <"$here/expected.txt"
    return 1
}

is_blind() {
    tail -n 3 "$1" | grep -q '"debug_locks":0'
}

start_qemu() {
    qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
        -machine "pc,accel=$accel" -cpu "$cpu" -smp "$VCPUS" -m "$MEMORY_MIB" \
        -kernel "$kernel" -initrd "$here/initramfs.cpio" -append "$COMMAND_LINE" \
        -serial "file:$1" -serial "file:$2" &
    qemu=$!
}

# boot CONSOLE HARNESS: sets outcome to shown, clean, blind or unknown, and after to the seconds.
boot() {
    : >"$1"
    : >"$2"
    began=$(date +%s)
    ready=no
    outcome=unknown
    start_qemu "$1" "$2"
    while :; do
        sleep 1
        after=$(($(date +%s) - began))
        alive=yes
        kill -0 "$qemu" 2>/dev/null || alive=no
        grep -q '"type":"ready"' "$2" && ready=yes
        # What it prints in the next seconds is worth having in the console.
        shows "$1" >/dev/null && { sleep 3; outcome=shown; break; }
        [ $alive = yes ] || break
        [ $ready = yes ] || [ $after -lt "$BOOT_S" ] || break
        [ $after -lt "$WALL_S" ] || break
    done
    end_qemu
    [ $outcome = unknown ] && shows "$1" >/dev/null && outcome=shown
    [ $outcome = unknown ] && [ $ready = yes ] || return 0
    outcome=clean
    is_blind "$2" && outcome=blind
    return 0
}

echo "kernel $kernel ($name), $VCPUS vCPUs, $MEMORY_MIB MiB, $accel; consoles in $out"
number=0
useful=0
while [ $number -lt "$boots" ]; do
    number=$((number + 1))
    console=$out/$name-$number.console.log
    boot "$console" "$out/$name-$number.harness.log"
    case $outcome in
        shown)
            echo "boot $number of $boots: the bug appeared after $after s:"
            echo "    $(shows "$console")"
            echo "result: the bug APPEARED on the $name kernel"
            exit 0
            ;;
        clean) echo "boot $number of $boots: the bug did not appear in $after s" ;;
        blind) echo "boot $number of $boots: another report switched lockdep off, see $console" ;;
        unknown) echo "boot $number of $boots: the workload did not begin, see $console" ;;
    esac
    [ $outcome = clean ] && useful=$((useful + 1))
done
if [ $useful -eq 0 ]; then
    echo "result: NOTHING can be said of the $name kernel"
    exit 2
fi
echo "result: the bug did NOT appear on the $name kernel in $useful boots"
exit 1
)SH";

constexpr int k_default_boots = 3;

// In single quotes, whatever it holds.
std::string shell_word(std::string_view text) {
    std::string word = "'";
    for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return word + "'";
}

// The headline up to the first word that differs from boot to boot: a file's line, a CPU, a pid.
std::string stable_part(const std::string& headline) {
    const auto line = plain_line(headline);
    std::string stable;
    for (std::size_t at = 0; at < line.size();) {
        const auto end = std::min(line.find(' ', at), line.size());
        const auto word = line.substr(at, end - at);
        if (word.find_first_of("0123456789/") != std::string::npos) break;
        stable += (stable.empty() ? "" : " ") + word;
        at = end + 1;
    }
    return stable.empty() ? line : stable;
}

Sign sign_of(const model::Report& report) {
    Sign sign{stable_part(report.headline), ""};
    if (!report.locks.empty()) sign.lock = plain_line(report.locks.front().name);
    // "WARNING: CPU:" alone is any warning.
    if (sign.lock.empty() && sign.title.size() < 20) sign.lock = plain_line(report.culprit);
    return sign;
}

}  // namespace

std::vector<Sign> signs_of(const Evidence& evidence) {
    std::vector<Sign> signs;
    const auto add = [&](Sign sign) {
        if (!sign.title.empty() && std::find(signs.begin(), signs.end(), sign) == signs.end())
            signs.push_back(std::move(sign));
    };
    for (const auto& report : evidence.reports)
        if (report.target) add(sign_of(report.report));
    if (signs.empty() && evidence.job.expected) add(sign_of(*evidence.job.expected));
    if (signs.empty()) signs = {{"BUG: ", ""}, {"WARNING: ", ""}, {"INFO: ", ""}};
    return signs;
}

std::string repro_script(const BundleParts& parts) {
    const auto& job = parts.evidence.job;
    std::string accelerator = "tcg";
    if (!parts.evidence.trials.empty()) accelerator = parts.evidence.trials.back().accelerator;
    const auto workload = job.workload.value_or(model::Workload{});
    std::string text = "#!/bin/sh\n# Repeats without krepro what it found: ";
    text += plain_line(job.title) + "\nset -u\n\n";
    text += "COMMAND_LINE=" + shell_word(parts.command_line) + "\n";
    text += "ACCEL=" + shell_word(accelerator == "kvm" ? "kvm" : "tcg") + "\n";
    text += fmt::format("VCPUS={}\nMEMORY_MIB={}\nBOOT_S={:.0f}\nWALL_S={:.0f}\nBOOTS={}\n",
                        workload.vcpus, workload.memory_mib, parts.boot_s, parts.wall_s,
                        k_default_boots);
    return text + k_script;
}

}  // namespace krepro::exports
