// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <iterator>

#include "app/build_run.hpp"
#include "app/cache_run.hpp"
#include "app/daemon.hpp"
#include "app/doctor.hpp"
#include "app/selftest.hpp"
#include "app/settings.hpp"
#include "app/tree_program.hpp"
#include "app/tune.hpp"
#include "build/symbol_tool.hpp"
#include "cli/cli.hpp"
#include "cli/exit_code.hpp"
#include "cli/token_command.hpp"

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
    take(options.cache_gib, settings->cache_gib);
    take(options.tls_cert, settings->tls_cert);
    take(options.tls_key, settings->tls_key);
    take(options.webhook, settings->webhook);
    take(options.webhook_secret_file, settings->webhook_secret_file);
    take(options.webhook_allow_private, settings->webhook_allow_private);
    take(options.demand_tokens, settings->demand_tokens);
    take(options.allow_unsandboxed, settings->allow_unsandboxed);
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

int with_server(const cli::ServeOptions& options, const cli::UseServer& use) {
    const auto settings = settings_with(options);
    return settings ? app::run_with_daemon(*settings, use) : fail_settings(settings.error());
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

int selftest(const cli::SelftestOptions& options) {
    const auto settings = settings_with(options.serve);
    if (!settings) return fail_settings(settings.error());
    app::SelftestRequest request;
    request.tree = options.tree;
    request.profile = options.profile;
    request.families = options.families;
    request.keep = options.keep;
    request.json = options.output == cli::Output::json;
    return app::run_selftest(*settings, request);
}

util::Result<std::filesystem::path> store_file(const cli::ServeOptions& options) {
    const auto settings = settings_with(options);
    if (!settings) return tl::unexpected(settings.error());
    return settings->state / "krepro.db";
}

int build_pair(const cli::BuildOptions& options) {
    const auto settings = settings_with(options.serve);
    if (!settings) return fail_settings(settings.error());
    const app::BuildRun run{
        options.mail,  options.tree,  options.profile, options.audit,
        options.plain, options.again, options.arm,     options.output == cli::Output::json};
    return app::run_build(*settings, run);
}

int cache(const cli::CacheOptions& options) {
    const auto settings = settings_with(options.serve);
    if (!settings) return fail_settings(settings.error());
    app::CacheRun run;
    run.action = options.action == "verify"  ? app::CacheAction::verify
                 : options.action == "prune" ? app::CacheAction::prune
                                             : app::CacheAction::list;
    run.most_gib = options.most_gib;
    run.json = options.output == cli::Output::json;
    return app::run_cache(*settings, run);
}

app::TreeRequest tree_request(const cli::TreeOptions& options) {
    app::TreeRequest request;
    request.what = static_cast<app::TreeRequest::What>(options.what);
    request.name = options.name;
    request.dest = options.dest;
    request.json = options.output == cli::Output::json;
    const bool debian = options.kind.starts_with("debian-");
    request.tree = {options.name,     options.kind,       debian ? options.source : "",
                    options.version,  options.rt_series,  debian ? "" : options.source,
                    options.revision, options.description};
    return request;
}

int tree(const cli::TreeOptions& options) {
    const auto settings = settings_with({});
    if (!settings) return fail_settings(settings.error());
    return app::run_tree(*settings, tree_request(options));
}

int tune(const cli::TuneOptions& options) {
    const auto settings = settings_with(options.serve);
    if (!settings) return fail_settings(settings.error());
    return app::run_tune(*settings,
                         {options.spec, options.minutes, options.output == cli::Output::json});
}

// Runs in the sandbox: JSON in, JSON out.
int symbol_tool() {
    const std::string request{std::istreambuf_iterator<char>(std::cin), {}};
    const auto answer = build::run_symbol_tool(request);
    if (!answer) {
        std::cerr << "krepro: " << answer.error().to_string() << '\n';
        return cli::k_exit_infrastructure;
    }
    std::cout << *answer << '\n';
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    cli::Commands commands;
    commands.version = KREPRO_VERSION;
    commands.groups = {
        cli::serve_command(serve),
        cli::run_command(with_server),
        cli::bisect_command(with_server),
        cli::doctor_command(doctor),
        cli::token_command(store_file),
        cli::selftest_command(selftest),
        cli::build_command(build_pair),
        cli::cache_command(cache),
        cli::tree_command(tree),
        cli::tune_command(tune),
        cli::hidden_command(std::string(build::k_symbol_tool), symbol_tool),
    };
    return cli::main(argc, argv, commands);
}
