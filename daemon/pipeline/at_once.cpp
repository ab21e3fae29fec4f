// SPDX-License-Identifier: Apache-2.0
#include "pipeline/at_once.hpp"

#include <algorithm>
#include <fstream>
#include <thread>

#include "util/clock.hpp"
#include "util/hash.hpp"

namespace krepro::pipeline {
namespace {

constexpr int k_most = 16;
// QEMU's own, beside the guest's memory.
constexpr long k_memory_beside_mib = 256;
// Less is noise, and more trials at once disturb each other.
constexpr double k_worth_it = 1.1;
constexpr double k_shortest_measured_s = 10;
constexpr double k_fading = 0.5;

double rate(const Pace& pace) {
    return pace.wall_s > 0 ? pace.exposure / pace.wall_s : 0;
}

int most_by_cores(const Room& room, const std::string& accelerator,
                  const model::Workload& workload) {
    const int threads = accelerator == "kvm" ? 2 * room.cores : room.cores;
    return std::clamp(threads / std::max(1, workload.vcpus), 1, k_most);
}

int most_by_memory(const Room& room, const model::Workload& workload) {
    const long most = room.memory_mib / (workload.memory_mib + k_memory_beside_mib);
    return static_cast<int>(std::clamp<long>(most, 1, k_most));
}

}  // namespace

void PaceMeter::begin_trial(int at_once, std::chrono::steady_clock::time_point now) {
    pace_.at_once = at_once;
    if (running_++ == 0) since_ = now;
}

void PaceMeter::end_trial(std::chrono::steady_clock::time_point now) {
    if (--running_ == 0) pace_.wall_s += util::seconds_between(since_, now);
}

std::string pace_key(const std::string& host, const std::string& accelerator,
                     const model::Workload& workload) {
    util::Sha256 hash;
    hash.add_field(host);
    hash.add_field(accelerator);
    hash.add_field(workload.script);
    hash.add_field(std::to_string(workload.vcpus));
    hash.add_field(std::to_string(workload.memory_mib));
    return "pace-" + hash.hex().substr(0, 16);
}

int most_at_once(const Room& room, const std::string& accelerator,
                 const model::Workload& workload) {
    return std::min(most_by_cores(room, accelerator, workload), most_by_memory(room, workload));
}

int fitting_at_once(int held, const Room& room, const std::string& accelerator,
                    const model::Workload& workload) {
    const int fitting = std::min(held, most_by_cores(room, accelerator, workload));
    return most_by_memory(room, workload) < fitting ? 1 : fitting;
}

int choose_at_once(const Paces& known, int most) {
    int best = 0;
    double best_rate = 0;
    int tried = 0;
    for (const auto& pace : known.paces) {
        if (pace.at_once != tried + 1 || pace.at_once > most) break;
        tried = pace.at_once;
        if (best == 0 || rate(pace) > k_worth_it * best_rate) {
            best = pace.at_once;
            best_rate = rate(pace);
        }
    }
    if (best == tried && tried < most) return tried + 1;
    return std::max(1, best);
}

Paces with_pace(Paces known, const Pace& measured) {
    if (measured.wall_s < k_shortest_measured_s) return known;
    auto& paces = known.paces;
    const auto found = std::find_if(paces.begin(), paces.end(), [&](const Pace& pace) {
        return pace.at_once == measured.at_once;
    });
    if (found == paces.end()) {
        paces.push_back(measured);
        std::sort(paces.begin(), paces.end(),
                  [](const Pace& a, const Pace& b) { return a.at_once < b.at_once; });
        return known;
    }
    found->exposure = k_fading * found->exposure + measured.exposure;
    found->wall_s = k_fading * found->wall_s + measured.wall_s;
    return known;
}

Room room_here() {
    Room room;
    room.cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    std::ifstream meminfo("/proc/meminfo");
    for (std::string name; meminfo >> name;) {
        if (name == "MemAvailable:") {
            long kib = 0;
            meminfo >> kib;
            room.memory_mib = kib / 1024;
            break;
        }
        meminfo.ignore(4096, '\n');
    }
    return room;
}

}  // namespace krepro::pipeline
