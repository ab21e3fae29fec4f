// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>

#include "build/kernel_builder.hpp"
#include "build/symbolizer.hpp"
#include "checkout/checkout.hpp"
#include "checkout/tree_book.hpp"
#include "pipeline/at_once.hpp"
#include "pipeline/cache_keeper.hpp"
#include "store/artifacts.hpp"
#include "store/async_store.hpp"
#include "store/event_bus.hpp"
#include "vm/vm_host.hpp"

namespace krepro::pipeline {

// What a job needs of the rest, wired in main. What is pointed to outlives every job.
struct Services {
    store::AsyncStore* store = nullptr;
    const store::Artifacts* artifacts = nullptr;
    store::EventBus* bus = nullptr;
    checkout::KernelSource* source = nullptr;
    build::KernelBuilder* builder = nullptr;
    build::Symbolizer* symbolizer = nullptr;  // nullptr: reports stay without lines
    vm::VmHost* host = nullptr;
    const CacheKeeper* cache = nullptr;  // nullptr: the cache grows
    // What jobs hold in the cache, those of the daemon or `krepro run` beside this one too; blocks.
    // With `cache`.
    std::function<CacheHolds()> cache_holds;
    boost::asio::thread_pool* pool = nullptr;  // for what blocks: hashing, reading mails
    // For bundles, which take seconds: jobs do not wait for them. nullptr: as the others.
    boost::asio::thread_pool* packing = nullptr;

    std::filesystem::path init;         // krepro-init, for the images
    std::filesystem::path images;       // initramfs files, by hash of their content
    std::filesystem::path runs;         // a folder a running trial: its console grows there
    std::filesystem::path profiles;     // profile manifests
    checkout::TreeBook trees;           // those that jobs may name
    std::string accelerator;            // "kvm", "tcg"; empty: probed
    std::string vm_prefix = "krepro-";  // of the names of VMs: as the host was told
    std::string notice;                 // that each job has to say of this process; empty: nothing
    std::uint64_t most_cache_bytes = std::numeric_limits<std::uint64_t>::max();
    int max_vcpus = 8;         // NR_CPUS of the profiles
    std::optional<Room> room;  // for guests; nullopt: what this host has when asked
};

// Where a running trial's serial ports are written.
[[nodiscard]] inline std::filesystem::path run_folder(const Services& services,
                                                      std::int64_t trial) {
    return services.runs / std::to_string(trial);
}

}  // namespace krepro::pipeline
