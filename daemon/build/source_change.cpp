// SPDX-License-Identifier: Apache-2.0
#include "build/source_change.hpp"

#include <string_view>
#include <utility>

#include "util/git_folders.hpp"
#include "util/process.hpp"
#include "util/sandbox.hpp"

namespace krepro::build {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

constexpr std::size_t k_most_output = 16U << 20U;
constexpr std::size_t k_most_files = 1000;

asio::awaitable<Result<std::string>> git(fs::path source, std::vector<std::string> arguments) {
    util::SandboxSpec sandbox;
    sandbox.read_only = util::git_folders(source);
    sandbox.cwd = source;
    sandbox.env = {
        "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",     "GIT_OPTIONAL_LOCKS=0",
        "GIT_CONFIG_COUNT=1",    "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"};
    util::ProcessSpec spec;
    spec.argv = util::sandbox_argv(sandbox);
    spec.argv.emplace_back("git");
    spec.argv.insert(spec.argv.end(), std::make_move_iterator(arguments.begin()),
                     std::make_move_iterator(arguments.end()));
    spec.keep_bytes = k_most_output;
    spec.streams = util::Streams::separate;
    co_return co_await util::run_checked(std::move(spec));
}

// ":100644 100644 <blob> <blob> M\0path\0" for each file.
Result<std::vector<std::pair<ChangedFile, std::string>>> parse_raw(std::string_view raw) {
    std::vector<std::pair<ChangedFile, std::string>> files;
    while (!raw.empty()) {
        const auto head = raw.substr(0, raw.find('\0'));
        raw.remove_prefix(std::min(head.size() + 1, raw.size()));
        const auto path = raw.substr(0, raw.find('\0'));
        raw.remove_prefix(std::min(path.size() + 1, raw.size()));
        const auto blob = head.find(' ', 8);
        if (!head.starts_with(':') || blob == std::string_view::npos || path.empty())
            return fail(ErrorKind::internal, "git says of a change what is not understood",
                        std::string(head));
        const auto end = head.find(' ', blob + 1);
        ChangedFile file;
        file.path = path;
        file.was_there = head.back() != 'A';
        file.is_there = head.back() != 'D';
        files.emplace_back(std::move(file), std::string(head.substr(blob + 1, end - blob - 1)));
    }
    return files;
}

}  // namespace

asio::awaitable<Result<std::vector<ChangedFile>>> source_change(fs::path source, std::string before,
                                                                std::string after) {
    std::vector<std::string> list{"diff-tree", "-r", "-z", "--raw", "--no-renames", before, after};
    const auto raw = co_await git(source, std::move(list));
    if (!raw) co_return tl::unexpected(raw.error());
    auto parsed = parse_raw(*raw);
    if (!parsed) co_return tl::unexpected(parsed.error());
    if (parsed->size() > k_most_files)
        co_return fail(ErrorKind::too_large, "too many files differ", source.string());
    std::vector<ChangedFile> files;
    for (auto& [file, blob] : *parsed) {
        // Only of headers is it asked what in them changed.
        if (file.was_there && file.path.ends_with(".h")) {
            std::vector<std::string> read{"cat-file", "blob", blob};
            auto text = co_await git(source, std::move(read));
            if (!text) co_return tl::unexpected(text.error());
            file.before = std::move(*text);
        }
        files.push_back(std::move(file));
    }
    co_return files;
}

}  // namespace krepro::build
