// SPDX-License-Identifier: Apache-2.0
#include "pipeline/choose_accelerator.hpp"

#include <fmt/format.h>

#include "util/files.hpp"
#include "vm/accelerator.hpp"

namespace krepro::pipeline {

namespace asio = boost::asio;

namespace {
constexpr double k_probe_s = 15;
}

asio::awaitable<std::string> choose_accelerator(const Services& services,
                                                std::function<asio::awaitable<vm::BootSpec>()> boot,
                                                std::function<void(const std::string&)> tell) {
    if (!services.accelerator.empty()) co_return services.accelerator;
    const auto host = vm::host_fingerprint();
    const auto read = [](store::Store& s) { return s.fact("accelerator"); };
    if (const auto known = co_await services.store->call(read)) {
        const auto choice = model::from_json<vm::AcceleratorChoice>(*known);
        if (choice && choice->host == host) co_return choice->accelerator;
    }
    tell("trying whether a guest boots in KVM");
    auto probe = co_await boot();
    const auto folder = services.runs / "probe";
    util::value_or_throw(util::make_fresh_folder(folder));
    probe.console = folder / "console.log";
    probe.harness = folder / "harness.log";
    const auto choice = co_await vm::probe_accelerator(*services.host, std::move(probe), k_probe_s);
    const auto keep = [choice](store::Store& s) {
        s.put_fact("accelerator", model::to_json(choice));
    };
    // Only what was really tried is remembered.
    if (choice.tried) co_await services.store->call(keep);
    tell(fmt::format("accelerator: {} ({})", choice.accelerator, choice.why));
    co_return choice.accelerator;
}

}  // namespace krepro::pipeline
