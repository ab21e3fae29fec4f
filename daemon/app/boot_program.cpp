// SPDX-License-Identifier: Apache-2.0
#include "app/boot_program.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <csignal>
#include <system_error>
#include <utility>

#include "app/tree_program.hpp"
#include "util/hash.hpp"

namespace krepro::app {

namespace asio = boost::asio;
namespace fs = std::filesystem;

util::FileLock lock_state(const fs::path& state, std::string_view who) {
    std::error_code code;
    fs::create_directories(state, code);
    auto lock = util::FileLock::take(state / "lock", util::FileLock::Wait::no);
    if (lock) return std::move(*lock);
    auto error = lock.error();
    error.hint = fmt::format("another {} uses this state folder; set KREPRO_STATE", who);
    throw util::InfraError(std::move(error));
}

std::string vm_prefix(const fs::path& state) {
    return "krepro-" + util::sha256_hex(state.string()).substr(0, 8) + "-";
}

BootProgram::BootProgram(const Settings& settings, const char* folder, std::string_view who)
    : state_(settings.state / folder),
      lock_(lock_state(state_, who)),
      pool_(2),
      prefix_(vm_prefix(state_)),
      host_(io_, {settings.libvirt_uri, state_ / "vm", prefix_}),
      trees_(tree_book(settings)),
      source_(trees_, settings.cache),
      builder_(settings.share / "kernels" / "profiles", settings.cache),
      control_(std::make_shared<pipeline::JobControl>()),
      signals_(io_, SIGINT, SIGTERM) {}

asio::awaitable<void> BootProgram::whole(asio::awaitable<void> work) {
    // VMs of a program that was killed; the lock says that there is no other.
    util::value_or_throw(co_await host_.clean_up());
    co_await std::move(work);
}

std::exception_ptr BootProgram::run_to_the_end(asio::awaitable<void> work) {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
        if (error) return;
        boost::system::error_code ignored;
        signals_.clear(ignored);  // a second signal ends the process at once
        spdlog::info("ending");
        control_->request(model::Cause::cancelled);
    });
    asio::co_spawn(io_, whole(std::move(work)),
                   asio::bind_cancellation_slot(control_->signal.slot(),
                                                [this](const std::exception_ptr& failure) {
                                                    failure_ = failure;
                                                    io_.stop();  // libvirt keeps timers on the loop
                                                }));
    io_.run();
    return failure_;
}

}  // namespace krepro::app
