// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>
#include <iostream>

#include "app/daemon.hpp"
#include "app/doctor.hpp"
#include "app/settings.hpp"
#include "cli/cli.hpp"
#include "cli/exit_code.hpp"

namespace {

using namespace krepro;

// What the command line says wins over the configuration file and the environment.
util::Result<app::Settings> settings_with(const cli::ServeOptions& options) {
    auto settings = app::load_settings();
    if (!settings) return settings;
    const auto take = [](const auto& given, auto& slot) {
        if (given) slot = *given;
    };
    take(options.state, settings->state);
    take(options.cache, settings->cache);
    take(options.share, settings->share);
    take(options.address, settings->address);
    take(options.port, settings->port);
    take(options.accelerator, settings->accelerator);
    take(options.libvirt_uri, settings->libvirt_uri);
    return settings;
}

int fail_settings(const util::Error& error) {
    std::cerr << "krepro: " << error.to_string() << '\n';
    return cli::k_exit_usage;
}

int serve(const cli::ServeOptions& options) {
    const auto settings = settings_with(options);
    return settings ? app::run_daemon(*settings) : fail_settings(settings.error());
}

void print_finding(const app::Finding& finding) {
    std::cout << fmt::format("{:8} {:16} {}\n", model::to_string(finding.health), finding.name,
                             finding.found);
    if (!finding.mend.empty()) std::cout << fmt::format("{:25} mend: {}\n", "", finding.mend);
}

int doctor(const cli::DoctorOptions& options) {
    const auto settings = settings_with(options.serve);
    if (!settings) return fail_settings(settings.error());
    const auto findings = app::examine(*settings);
    if (options.output == cli::Output::json)
        std::cout << model::dump_pretty({{"findings", model::to_json(findings)}}) << '\n';
    else
        for (const auto& finding : findings) print_finding(finding);
    for (const auto& finding : findings)
        if (finding.health == app::Health::broken) return cli::k_exit_infrastructure;
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    cli::Commands commands;
    commands.serve = serve;
    commands.doctor = doctor;
    commands.version = KREPRO_VERSION;
    return cli::main(argc, argv, commands);
}
