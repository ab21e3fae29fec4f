// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "build/kernel_builder.hpp"
#include "build/symbolizer.hpp"
#include "checkout/checkout.hpp"
#include "util/hash.hpp"
#include "vm/vm_host.hpp"

namespace krepro::pipeline::fakes {

namespace asio = boost::asio;

// A source that takes every patch forward, without a file on disk.
class FakeSource : public checkout::KernelSource {
  public:
    asio::awaitable<util::Result<checkout::Pair>> prepare(checkout::PatchBase base,
                                                          const model::Mail&,
                                                          checkout::Progress) override {
        if (failure) co_return tl::unexpected(*failure);
        checkout::Pair pair;
        const auto& tree = base.tree;
        const auto commit = base.commit.empty() ? head : base.commit;
        pair.unpatched = {tree, commit, "/src", "state-1", "content-1", model::ArmName::unpatched};
        pair.patched = {tree, commit, "/src", "state-2", "content-2", model::ArmName::patched};
        co_return pair;
    }
    asio::awaitable<util::Result<checkout::Change>> find_change(std::string tree,
                                                                std::string commits,
                                                                checkout::Progress) override {
        ++looked_up;
        if (commits == "nowhere")
            co_return util::fail(util::ErrorKind::not_found, "there is no revision nowhere", tree);
        if (change) co_return *change;
        co_return util::fail(util::ErrorKind::internal, "this fake has no commits");
    }
    asio::awaitable<util::Result<checkout::Change>> find_at_hand(std::string tree,
                                                                 std::string commits) override {
        if (!at_hand.contains(tree))
            co_return util::fail(util::ErrorKind::not_found, "the tree is not fetched yet", tree);
        auto found = co_await find_change(tree, commits, {});
        co_return found;
    }
    asio::awaitable<util::Result<checkout::Pair>> prepare_change(std::string tree,
                                                                 std::string before,
                                                                 std::string after,
                                                                 checkout::Progress) override {
        checkout::Pair pair;
        pair.unpatched = {tree, before, "/src", "state-1", "content-1", model::ArmName::unpatched};
        pair.patched = {tree, after, "/src", "state-2", "content-2", model::ArmName::patched};
        co_return pair;
    }
    asio::awaitable<util::Result<model::Checkout>> prepare_one(std::string tree,
                                                               std::string revision,
                                                               checkout::Progress) override {
        co_return model::Checkout{tree,
                                  revision,
                                  "/src",
                                  "state-" + revision,
                                  "content-" + revision,
                                  model::ArmName::unpatched};
    }
    asio::awaitable<util::Result<checkout::Line>> find_line(std::string, std::string, std::string,
                                                            checkout::Progress) override {
        ++lines_asked;
        if (line_takes.count() > 0) {
            asio::steady_timer timer(co_await asio::this_coro::executor, line_takes);
            co_await timer.async_wait(asio::use_awaitable);
        }
        if (line) co_return *line;
        co_return util::fail(util::ErrorKind::not_found, "there is no revision nowhere", "tree");
    }
    asio::awaitable<util::Result<model::Direction>> try_patch(std::string tree, std::string,
                                                              checkout::Progress) override {
        const auto known = takes.find(tree);
        if (known == takes.end())
            co_return util::fail(util::ErrorKind::invalid_input, "the patch does not apply",
                                 "kernel/fork.c:1");
        co_return known->second;
    }
    asio::awaitable<util::Result<model::Direction>> try_at_hand(std::string tree,
                                                                std::string patch) override {
        ++tries;
        asio::steady_timer timer(co_await asio::this_coro::executor, try_takes);
        co_await timer.async_wait(asio::use_awaitable);
        tried.push_back(tree + ": " + patch);
        if (failure) co_return tl::unexpected(*failure);
        auto found = co_await try_patch(tree, patch, {});
        co_return found;
    }
    [[nodiscard]] bool is_at_hand(const std::string& tree) const override {
        return at_hand.contains(tree);
    }

    asio::awaitable<util::Result<checkout::Held>> select(const model::Checkout&) override {
        ++selected;
        co_return std::make_shared<int>(selected);
    }

    asio::awaitable<util::Result<checkout::Difference>> difference(checkout::Pair) override {
        checkout::Difference difference;
        difference.diff =
            "--- a/kernel/fork.c\n+++ b/kernel/fork.c\n@@ -11 +11 @@\n-\tfree(t);\n+\tlater(t);\n";
        difference.unpatched = {{"kernel/fork.c", fork_with("free")}};
        difference.patched = {{"kernel/fork.c", fork_with("later")}};
        co_return difference;
    }
    [[nodiscard]] bool is_at(const checkout::Pair&) const override { return true; }

    std::optional<util::Error> failure;
    std::string head = "base";  // what every tree is at
    std::optional<checkout::Change> change;
    std::optional<checkout::Line> line;
    int lines_asked = 0;
    std::chrono::milliseconds line_takes{0};
    std::map<std::string, model::Direction> takes;  // what try_patch() says, by tree
    std::set<std::string> at_hand;
    std::chrono::milliseconds try_takes{0};
    std::vector<std::string> tried;  // at hand, "TREE: PATCH", in the order of their ends
    int tries = 0;                   // begun
    int selected = 0;
    int looked_up = 0;

  private:
    // __put_task_struct() on lines 9 to 12.
    static std::string fork_with(const std::string& call) {
        return std::string(8, '\n') + "void __put_task_struct(struct task_struct *t)\n{\n\t" +
               call + "(t);\n}\n";
    }
};

// Knows one function.
class FakeSymbolizer : public build::Symbolizer {
  public:
    asio::awaitable<util::Result<build::Symbols>> symbolize(build::SymbolRequest request) override {
        ++asked;
        if (endless) {
            asio::steady_timer timer(co_await asio::this_coro::executor,
                                     asio::steady_timer::time_point::max());
            co_await timer.async_wait(asio::use_awaitable);
        }
        if (failure) co_return tl::unexpected(*failure);
        build::Symbols symbols;
        for (const auto& frame : request.frames) {
            const bool known = frame.function == "__put_task_struct";
            build::FrameLines lines;
            if (known) lines.chain = {{frame.function, "kernel/fork.c", 11, "kernel/fork.c", 9}};
            if (!known) lines.why = "not known to this fake";
            symbols.frames.push_back(lines);
        }
        co_return symbols;
    }

    std::optional<util::Error> failure;
    bool endless = false;
    int asked = 0;
};

// Counts what is there, for as long as it is there itself.
class Counted {
  public:
    explicit Counted(int& count) : count_(count) { ++count_; }
    ~Counted() { --count_; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

  private:
    int& count_;
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
        const Counted counted(running);
        progress({"compiling", 1, 2});
        if (request.checkout.arm == model::ArmName::patched && patched_waits) {
            asio::steady_timer timer(co_await asio::this_coro::executor);
            while (patched_waits()) {
                timer.expires_after(std::chrono::milliseconds(1));
                co_await timer.async_wait(asio::use_awaitable);
            }
            share_at_end = request.priority ? request.priority->share() : util::Share::normal;
            if (patched_failure) co_return tl::unexpected(*patched_failure);
        }
        if (broken.contains(request.checkout.revision))
            co_return util::fail(util::ErrorKind::invalid_input, "does not compile", "a.c");
        const auto arm = by_revision ? request.checkout.revision
                                     : std::string(model::to_string(request.checkout.arm));
        const auto bytes = arm + (made_.insert(arm).second ? "" : made_again);
        build::BuiltKernel kernel;
        for (auto* path : {&kernel.bzimage, &kernel.vmlinux, &kernel.config}) {
            *path = folder_ / ("kernel-" + arm);
            std::ofstream(*path) << bytes;
        }
        kernel.build.key = request.checkout.state;
        kernel.build.arm = request.checkout.arm;
        kernel.build.bzimage = kernel.build.vmlinux = kernel.build.config = util::sha256_hex(bytes);
        if (request.checkout.arm == model::ArmName::patched && patched_finds_wrong) {
            kernel.build.audit = "mismatch";
            kept_.clear();
        }
        kept_[request.checkout.state] = kernel;
        co_return kernel;
    }

    int built = 0;
    int running = 0;
    bool by_revision = false;             // kernels hold the name of their revision instead
    std::set<std::string> broken;         // revisions that do not compile
    std::function<bool()> patched_waits;  // the patched kernel is not ready while this says so
    std::optional<util::Error> patched_failure;
    bool patched_finds_wrong = false;         // objects, of which the other kernel was made too
    std::string made_again;                   // what a kernel has more when it is made once more
    std::optional<util::Share> share_at_end;  // of the compiler, when such a build ended

  private:
    std::filesystem::path folder_;
    std::map<std::string, build::BuiltKernel> kept_;
    std::set<std::string> made_;  // arms
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
        auto vm = std::make_unique<FakeVm>(running);
        most_running = std::max(most_running, running);
        co_return std::move(vm);
    }
    asio::awaitable<util::Result<std::vector<std::string>>> clean_up() override {
        co_return std::vector<std::string>{};
    }

    int starts = 0;
    int running = 0;
    int most_running = 0;

  private:
    class FakeVm : public vm::Vm {
      public:
        explicit FakeVm(int& running) : counted_(running) {}
        asio::awaitable<util::Result<void>> resume() override { co_return util::Result<void>{}; }
        asio::awaitable<void> destroy() override { co_return; }

      private:
        Counted counted_;
    };
    Scripts scripts_;
};

}  // namespace krepro::pipeline::fakes
