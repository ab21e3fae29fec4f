// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>

#include "build/kernel_builder.hpp"
#include "checkout/checkout.hpp"
#include "util/hash.hpp"
#include "vm/vm_host.hpp"

namespace krepro::pipeline::fakes {

namespace asio = boost::asio;

// A source that takes every patch forward, without a file on disk.
class FakeSource : public checkout::KernelSource {
  public:
    asio::awaitable<util::Result<checkout::Pair>> prepare(const std::string& tree,
                                                          const model::Mail&,
                                                          checkout::Progress) override {
        if (failure) co_return tl::unexpected(*failure);
        checkout::Pair pair;
        pair.unpatched = {tree, "base", "/src", "state-1", "content-1", model::ArmName::unpatched};
        pair.patched = {tree, "base", "/src", "state-2", "content-2", model::ArmName::patched};
        co_return pair;
    }
    asio::awaitable<util::Result<checkout::Held>> select(const model::Checkout&) override {
        ++selected;
        co_return std::make_shared<int>(selected);
    }

    std::optional<util::Error> failure;
    int selected = 0;
};

// A builder whose kernels are files that hold the name of their arm.
class FakeBuilder : public build::KernelBuilder {
  public:
    explicit FakeBuilder(std::filesystem::path folder) : folder_(std::move(folder)) {}

    asio::awaitable<std::optional<build::BuiltKernel>> find(build::BuildRequest request) override {
        const auto found = kept_.find(request.checkout.state);
        if (found == kept_.end()) co_return std::nullopt;
        co_return found->second;
    }
    asio::awaitable<util::Result<build::BuiltKernel>> build(
        build::BuildRequest request,
        std::function<void(const build::BuildProgress&)> progress) override {
        ++built;
        progress({"compiling", 1, 2});
        const auto arm = std::string(model::to_string(request.checkout.arm));
        build::BuiltKernel kernel;
        for (auto* path : {&kernel.bzimage, &kernel.vmlinux, &kernel.config}) {
            *path = folder_ / ("kernel-" + arm);
            std::ofstream(*path) << arm;
        }
        kernel.build.key = request.checkout.state;
        kernel.build.arm = request.checkout.arm;
        kernel.build.bzimage = kernel.build.vmlinux = kernel.build.config = util::sha256_hex(arm);
        kept_[request.checkout.state] = kernel;
        co_return kernel;
    }

    int built = 0;

  private:
    std::filesystem::path folder_;
    std::map<std::string, build::BuiltKernel> kept_;
};

// A host whose guests have written all they will ever write when they start. The script says what,
// by the arm and the number of the start; an error there is a VM that cannot be started.
struct Script {
    std::string console;
    std::string harness;
    bool stops = false;
};
using Scripts = std::function<util::Result<Script>(const std::string& arm, int start)>;

class FakeVmHost : public vm::VmHost {
  public:
    explicit FakeVmHost(Scripts scripts) : scripts_(std::move(scripts)) {}

    asio::awaitable<util::Result<std::unique_ptr<vm::Vm>>> start(
        vm::BootSpec spec, std::function<void(vm::VmEvent)> on_event) override {
        std::string arm;
        std::ifstream(spec.kernel) >> arm;
        auto script = scripts_(arm, ++starts);
        if (!script) co_return tl::unexpected(script.error());
        std::ofstream(spec.console) << script->console;
        std::ofstream(spec.harness) << script->harness;
        if (script->stops) on_event({vm::VmEvent::Kind::stopped, "guest shut down"});
        co_return std::make_unique<FakeVm>();
    }
    asio::awaitable<util::Result<std::vector<std::string>>> clean_up() override {
        co_return std::vector<std::string>{};
    }

    int starts = 0;

  private:
    class FakeVm : public vm::Vm {
      public:
        asio::awaitable<util::Result<void>> resume() override { co_return util::Result<void>{}; }
        asio::awaitable<void> destroy() override { co_return; }
    };
    Scripts scripts_;
};

}  // namespace krepro::pipeline::fakes
