// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/json.hpp"

namespace krepro::model {

// One thing that krepro needs of the machine: how it is, and what to do when it is not well.
struct HostFinding {
    std::string name;
    std::string health;  // "ok", "warning", "broken"
    std::string found;
    std::string mend;  // empty when it is ok

    bool operator==(const HostFinding&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("name", &HostFinding::name), field("health", &HostFinding::health),
            field("found", &HostFinding::found), field("mend", &HostFinding::mend));
    }
};

// A part of what krepro keeps on disk.
struct DiskUse {
    std::string name;  // "kernels", "trees", "consoles and other artifacts", ...
    std::uint64_t bytes = 0;
    int entries = 0;  // kernels, trees, ...: of the first level

    bool operator==(const DiskUse&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("name", &DiskUse::name), field("bytes", &DiskUse::bytes),
                               field("entries", &DiskUse::entries));
    }
};

// What one tree takes of it, by the name of its folder: the tree's own name, where it has one.
struct TreeUse {
    std::string name;
    std::uint64_t bytes = 0;  // of a git tree without its history, which trees may share

    bool operator==(const TreeUse&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("name", &TreeUse::name), field("bytes", &TreeUse::bytes));
    }
};

// The machine that the daemon runs on.
struct Host {
    std::string looked_at;  // when; the answer is remembered for some minutes
    int cpus = 0;
    std::uint64_t memory_bytes = 0;
    std::string accelerator;      // "kvm", "tcg"; empty: not known yet
    std::string accelerator_why;  // one sentence
    std::vector<HostFinding> findings;
    std::vector<DiskUse> disk;
    std::vector<TreeUse> trees;    // that are on this machine
    std::uint64_t free_bytes = 0;  // where the cache is

    bool operator==(const Host&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("looked_at", &Host::looked_at), field("cpus", &Host::cpus),
            field("memory_bytes", &Host::memory_bytes), field("accelerator", &Host::accelerator),
            field("accelerator_why", &Host::accelerator_why), field("findings", &Host::findings),
            field("disk", &Host::disk), field("trees", &Host::trees),
            field("free_bytes", &Host::free_bytes));
    }
};

// A source of kernels that jobs may name.
struct TreeInfo {
    std::string name;
    std::string kind;         // "debian-source", "debian-binary", "git", "tarball"
    std::string origin;       // package and version, URL or path
    std::string description;  // one line
    bool shipped = false;     // comes with krepro; else one of the user's own
    bool fetched = false;     // its files are on this machine

    bool operator==(const TreeInfo&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("name", &TreeInfo::name), field("kind", &TreeInfo::kind),
            field("origin", &TreeInfo::origin), field("description", &TreeInfo::description),
            field("shipped", &TreeInfo::shipped), field("fetched", &TreeInfo::fetched));
    }
};

// A kernel configuration that jobs may name.
struct ProfileInfo {
    std::string name;
    std::string description;
    std::vector<std::string> guarantees;  // "PREEMPT_RT=y"

    bool operator==(const ProfileInfo&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("name", &ProfileInfo::name),
                               field("description", &ProfileInfo::description),
                               field("guarantees", &ProfileInfo::guarantees));
    }
};

}  // namespace krepro::model
