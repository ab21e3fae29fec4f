// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"

namespace krepro::cli {

namespace {

// One of the ways to say where a tree comes from.
void add_source(CLI::Option_group* command, TreeOptions& options, const std::string& kind,
                const std::string& what) {
    const auto take = [&options, kind](const std::string& value) {
        options.kind = kind;
        options.source = value;
    };
    command->add_option_function<std::string>("--" + kind, take, what);
}

void add_add(CLI::App* command, TreeOptions& options) {
    command->add_option("name", options.name, "What jobs call it")->required();
    auto* source = command->add_option_group("source", "Where it comes from: one of these");
    source->require_option(1);
    add_source(source, options, "git", "URL or path of a git repository");
    add_source(source, options, "tarball", "Path of a kernel tarball");
    add_source(source, options, "debian-source", "Debian source package, as linux");
    add_source(source, options, "debian-binary",
               "Debian package of a source, as linux-source-6.12");
    command->add_option("--revision", options.revision, "Git: commit, tag or branch (HEAD)");
    command->add_option("--version", options.version, "Debian: 6.1.8-1, or 6.1.* for the newest");
    command->add_flag("--rt", options.rt_series, "Debian source: apply its PREEMPT_RT series");
    command->add_option("--description", options.description, "One line for people");
}

}  // namespace

AddGroup tree_command(std::function<int(const TreeOptions&)> run) {
    return [run = std::move(run)](Program& program) {
        auto& options = program.keep<TreeOptions>();
        auto* tree = program.add(
            "tree", "Where kernels come from: list, add, update, remove",
            "  krepro tree list\n"
            "  krepro tree add mine --git /src/linux --revision v6.12\n"
            "  krepro tree update mine\n  krepro tree rm mine\n"
            "  krepro tree git debian-6.1.8-rt5 /src/linux-6.1-rt   (one commit a patch)");
        tree->require_subcommand(1);
        const auto add = [&](const char* name, const char* what, TreeOptions::What action) {
            auto* command = tree->add_subcommand(name, what);
            add_output(command, options.output);
            program.on(command, [run, &options, action] {
                options.what = action;
                return run(options);
            });
            return command;
        };
        using What = TreeOptions::What;
        add("list", "The trees that jobs may name", What::list);
        add_add(add("add", "Make a tree known; it is fetched when a job or an update asks for it",
                    What::add),
                options);
        add("update", "Fetch what is new of a tree, or of all that are here", What::update)
            ->add_option("name", options.name, "The tree");
        add("rm", "Forget a tree and remove its files", What::remove)
            ->add_option("name", options.name, "The tree")
            ->required();
        auto* git =
            add("git", "Make a git repository of a Debian tree, one commit a patch", What::git);
        git->add_option("name", options.name, "The tree")->required();
        git->add_option("dest", options.dest, "Folder of the repository: new or empty")->required();
    };
}

}  // namespace krepro::cli
