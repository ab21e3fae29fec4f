// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "util/result.hpp"

namespace krepro::build {

struct AuditRequest {
    std::filesystem::path source;   // at the state that was built
    std::filesystem::path objects;  // read, and not written
    std::filesystem::path work;     // a folder of the audit's own
    std::vector<std::string> units;
};

struct AuditResult {
    int compared = 0;
    std::vector<std::string> mismatches;  // "kernel/fork.o: .text differs"
};

// Makes the units anew by their saved commands, in the sandbox, in a folder of its own, and
// compares code, data and tables with the objects that are there. Runs niced.
boost::asio::awaitable<util::Result<AuditResult>> audit_objects(AuditRequest request,
                                                                boost::asio::thread_pool& pool);

// A share of the units, at random, and one at least.
std::vector<std::string> sample(std::vector<std::string> units, double share);

}  // namespace krepro::build
