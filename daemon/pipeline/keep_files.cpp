// SPDX-License-Identifier: Apache-2.0
#include "pipeline/keep_files.hpp"

#include <algorithm>
#include <system_error>

#include "util/offload.hpp"

namespace krepro::pipeline {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::value_or_throw;

asio::awaitable<std::vector<std::string>> keep_files(const Services& services, std::int64_t job,
                                                     std::vector<fs::path> files, Absent absent) {
    const auto* artifacts = services.artifacts;
    const auto add = [artifacts, files, absent] {
        std::vector<std::string> hashes;
        std::error_code code;
        for (const auto& file : files) {
            const bool is_empty = absent == Absent::empty && !fs::exists(file, code);
            hashes.push_back(
                value_or_throw(is_empty ? artifacts->add_bytes("") : artifacts->add_file(file)));
        }
        return hashes;
    };
    while (true) {
        const auto hashes = co_await util::run_on(*services.pool, add);
        // What was found to be there may be the last of a job that is deleted meanwhile. Its files
        // go on the store's thread, so from here on they are there or not: then they are put there
        // once more, and nothing takes them away.
        const auto note = [artifacts, job, hashes](store::Store& s) {
            s.note_artifacts(job, hashes);
            return std::all_of(hashes.begin(), hashes.end(), [artifacts](const auto& hash) {
                return artifacts->path(hash).has_value();
            });
        };
        const bool all = co_await services.store->call(note);
        if (all) co_return hashes;
    }
}

}  // namespace krepro::pipeline
