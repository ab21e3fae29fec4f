// SPDX-License-Identifier: Apache-2.0
#include "util/memory.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "util/hash.hpp"

namespace krepro::util {
namespace {

// Resident pages of files that this process has mapped.
long mapped_pages() {
    std::ifstream statm("/proc/self/statm");
    long size = 0;
    long resident = 0;
    long of_files = 0;
    statm >> size >> resident >> of_files;
    return of_files;
}

TEST(Memory, code_that_is_not_run_is_given_back_and_runs_when_it_is_wanted) {
    const auto hash = sha256_hex("text");
    const auto before = mapped_pages();
    unmap_idle_code();
    const auto after = mapped_pages();
    EXPECT_LT(after, before * 3 / 4);
    EXPECT_EQ(sha256_hex("text"), hash);
}

}  // namespace
}  // namespace krepro::util
