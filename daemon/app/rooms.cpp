// SPDX-License-Identifier: Apache-2.0
#include "app/rooms.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "util/process.hpp"
#include "util/sandbox.hpp"

namespace krepro::app {

namespace asio = boost::asio;
using util::Result;

Result<void> try_sandbox() {
    util::ProcessSpec spec;
    spec.argv = util::sandbox_argv({});
    spec.argv.emplace_back("true");
    spec.deadline = std::chrono::seconds(10);
    Result<void> tried;
    asio::io_context io;
    asio::co_spawn(io, util::run_checked(std::move(spec)),
                   [&tried](const std::exception_ptr& thrown, const Result<std::string>& ran) {
                       if (thrown) std::rethrow_exception(thrown);
                       if (!ran) tried = tl::unexpected(ran.error());
                   });
    io.run();
    return tried;
}

std::string settle_sandboxing(const Settings& settings,
                              const std::function<Result<void>()>& probe) {
    util::use_sandboxes(util::Sandboxes::made);
    if (!settings.allow_unsandboxed) return {};
    const auto tried = probe();
    if (tried) return {};  // what can be had is not given up
    util::use_sandboxes(util::Sandboxes::refused);
    auto notice = fmt::format(
        "no sandbox: this machine refuses it ({}), and krepro was told to go on without "
        "(--allow-unsandboxed); the kernel's makefiles and compilers, git on foreign patches and "
        "tools on foreign binaries have the network and the rights of {}",
        tried.error().what.substr(0, 200),
        ::geteuid() == 0 ? "root, or of a user of their own" : "krepro's user");
    spdlog::warn("{}", notice);
    return notice;
}

}  // namespace krepro::app
