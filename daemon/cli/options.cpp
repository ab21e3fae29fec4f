// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "cli/program.hpp"

namespace krepro::cli {

void add_output(CLI::App* command, Output& output) {
    command->add_flag_callback(
        "--json", [&output] { output = Output::json; }, "Print JSON");
}

void add_remote(CLI::App* command, Remote& remote) {
    command->add_option("--server", remote.server, "Where krepro serve listens")
        ->envname("KREPRO_SERVER")
        ->capture_default_str();
    add_output(command, remote.output);
}

void add_spec(CLI::App* command, model::JobSpec& spec) {
    command
        ->add_option("--tree", spec.tree,
                     "Kernel tree: a name that krepro tree list shows, the path of a git "
                     "repository, or auto for the one that takes the patch")
        ->capture_default_str();
    command->add_option("--profile", spec.profile, "Kernel configuration")->capture_default_str();
    command->add_option("--compiler", spec.compiler, "gcc or clang; the profile's when not given")
        ->check(CLI::IsMember({"gcc", "clang"}));
    command
        ->add_option_function<std::string>(
            "--workload",
            [&spec](const std::string& name) {
                spec.workload = *model::enum_from_string<model::WorkloadForm>(name);
            },
            "The reproducer: as given, or made to hit sooner")
        ->check(CLI::IsMember({"verbatim", "amplified", "auto"}))
        ->default_str(std::string(model::to_string(spec.workload)));
    command->add_option("--confidence", spec.confidence, "Between 0.5 and 0.9999")
        ->capture_default_str();
    command->add_option("--wall-s", spec.budget.wall_s, "Seconds for all trials together")
        ->capture_default_str();
    command->add_option("--trials", spec.budget.trials, "Trials of both arms together")
        ->capture_default_str();
    command->add_flag("--warm-start", spec.warm_start,
                      "Count what earlier jobs saw without the patch, at half weight");
}

void add_serve_options(CLI::App* command, ServeOptions& options) {
    command->add_option("--state", options.state, "Folder of the store and the evidence");
    command->add_option("--cache", options.cache, "Folder of trees, kernels and images");
    command->add_option("--share", options.share, "Folder that holds kernels/ and web/dist");
    command->add_option("--accelerator", options.accelerator, "kvm or tcg; probed when not given")
        ->check(CLI::IsMember({"kvm", "tcg"}));
    command
        ->add_option("--cache-gib", options.cache_gib,
                     "Size that the cache is kept to; what was used longest ago goes")
        ->check(CLI::PositiveNumber);
    command->add_option("--libvirt", options.libvirt_uri,
                        "libvirt URI; the embedded driver when not given");
    command->add_flag_callback(
        "--allow-unsandboxed", [&options] { options.allow_unsandboxed = true; },
        "Where this machine refuses sandboxes, run foreign makefiles and git without");
}

void add_id(CLI::App* command, const std::string& name, std::int64_t& id, const std::string& what) {
    static const CLI::Range k_ids(std::int64_t{1}, std::numeric_limits<std::int64_t>::max(), "ID");
    command->add_option(name, id, what)->required()->check(k_ids);
}

}  // namespace krepro::cli
