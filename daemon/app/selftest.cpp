// SPDX-License-Identifier: Apache-2.0
#include "app/selftest.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <cstdio>

#include "app/boot_program.hpp"
#include "app/exit_status.hpp"
#include "app/rooms.hpp"
#include "build/profile.hpp"
#include "zoo/selftest.hpp"

namespace krepro::app {

namespace asio = boost::asio;

namespace {

constexpr int k_exit_missed = 1;

void print_finding(const zoo::Finding& finding) {
    if (!finding.skipped.empty()) {
        fmt::print("{:10} {:26} {:8} {}\n", "skipped", finding.bug, "", finding.skipped);
        return;
    }
    const char* state = finding.recognized ? "ok" : finding.raised ? "WRONG" : "NOT RAISED";
    fmt::print("{:10} {:26} {:5.1f} s  {}\n", state, finding.bug, finding.wall_s, finding.title);
    for (const auto& wrong : finding.wrong) fmt::print("{:10} - {}\n", "", wrong);
    std::fflush(stdout);
}

struct Count {
    std::size_t raised = 0;
    std::size_t recognized = 0;
    std::size_t skipped = 0;
};

Count count(const std::vector<zoo::Finding>& findings) {
    Count count;
    for (const auto& finding : findings) {
        count.raised += finding.raised ? 1 : 0;
        count.recognized += finding.recognized ? 1 : 0;
        count.skipped += finding.skipped.empty() ? 0 : 1;
    }
    return count;
}

class SelftestProgram : private BootProgram {
  public:
    SelftestProgram(const Settings& settings, const SelftestRequest& request)
        : BootProgram(settings, "selftest", "self-test"), request_(request) {
        wire(services_, settings);
        services_.driver = settings.share / "kernels" / "zoo" / "driver";
        services_.work = state_ / "work";
        services_.begin_vm = [this] { return control_->begin_trial(); };
        services_.end_vm = [this] { control_->end_trial(); };
    }

    std::vector<zoo::Finding> run(std::vector<zoo::Bug> bugs) {
        zoo::Wanted wanted{request_.tree, request_.profile, std::move(bugs), request_.keep};
        const auto failure = run_to_the_end(whole(std::move(wanted)));
        if (failure) std::rethrow_exception(failure);
        return std::move(findings_);
    }

  private:
    asio::awaitable<void> whole(zoo::Wanted wanted) {
        zoo::Teller teller;
        teller.progress = [](const std::string& text) { spdlog::info("{}", text); };
        const bool lines = !request_.json;
        teller.found = [lines](const zoo::Finding& finding) {
            if (lines)
                print_finding(finding);
            else
                spdlog::info("{}: {}", finding.bug,
                             finding.recognized        ? "ok"
                             : finding.skipped.empty() ? "not recognized"
                                                       : finding.skipped);
        };
        findings_ = co_await zoo::run_selftest(services_, std::move(wanted), std::move(teller));
    }

    SelftestRequest request_;
    zoo::Services services_;
    std::vector<zoo::Finding> findings_;
};

int conclude(const std::vector<zoo::Finding>& findings, const SelftestRequest& request) {
    const auto [raised, recognized, skipped] = count(findings);
    const bool all = recognized != 0 && recognized + skipped == findings.size();
    if (request.json)
        fmt::print("{}\n", model::dump_pretty({{"tree", request.tree},
                                               {"profile", request.profile},
                                               {"bugs", findings.size()},
                                               {"raised", raised},
                                               {"recognized", recognized},
                                               {"skipped", skipped},
                                               {"ok", all},
                                               {"findings", model::to_json(findings)}}));
    else
        fmt::print("{} bugs: {} raised, {} recognized{}\n", findings.size(), raised, recognized,
                   skipped == 0 ? std::string() : fmt::format(", {} skipped", skipped));
    return all ? 0 : k_exit_missed;
}

}  // namespace

int run_selftest(const Settings& settings, const SelftestRequest& request) {
    ::umask(022);  // QEMU's user reads kernels and images
    // Standard output is for the results alone.
    spdlog::set_default_logger(spdlog::stderr_color_mt("selftest"));
    if (const auto profile =
            build::read_profile(settings.share / "kernels" / "profiles", request.profile);
        !profile) {
        spdlog::critical("{}", profile.error().to_string());
        return k_exit_usage;
    }
    settle_sandboxing(settings);
    const auto all = zoo::read_manifest(settings.share / "kernels" / "zoo" / "zoo.toml");
    const auto bugs = all ? zoo::choose(*all, request.families) : all;
    if (!bugs) {
        spdlog::critical("{}", bugs.error().to_string());
        return k_exit_usage;
    }
    try {
        return conclude(SelftestProgram(settings, request).run(*bugs), request);
    } catch (const std::exception& error) {
        spdlog::critical("{}", error.what());
        return k_exit_infrastructure;
    }
}

}  // namespace krepro::app
