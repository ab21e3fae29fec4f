// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "cli/exit_code.hpp"
#include "cli/json_access.hpp"
#include "cli/program.hpp"
#include "cli/remote.hpp"
#include "cli/render.hpp"
#include "model/bisection.hpp"
#include "model/job_spec.hpp"

namespace krepro::cli {

using http::Ask;
using model::BisectionEnd;
using model::Json;
using util::ErrorKind;
using util::Result;

namespace {

constexpr std::size_t k_most_script_bytes = 65536;
constexpr std::chrono::milliseconds k_look_again{300};
constexpr std::chrono::seconds k_server_patience{60};

struct BisectOptions {
    Remote remote;
    ServeOptions serve;
    bool here = false;
    bool wait = true;
    std::string mail_file, script_file, config_file;
    model::BisectionSpec spec;  // without what the files hold
    std::int64_t show = 0, cancel = 0, resume = 0;

    [[nodiscard]] bool asks_anew() const { return show == 0 && cancel == 0 && resume == 0; }
};

std::string path_of(std::int64_t id) {
    return fmt::format("/api/v1/bisections/{}", id);
}

Result<Json> get(const BisectOptions& options, std::int64_t id) {
    Ask question;
    question.target = path_of(id);
    return ask(options.remote, question);
}

Result<Json> post(const BisectOptions& options, std::string target, std::string body = {}) {
    Ask question;
    question.method = "POST";
    question.target = std::move(target);
    if (!body.empty()) question.content_type = "application/json";
    question.body = std::move(body);
    return ask(options.remote, question);
}

Result<void> read_into(std::string& slot, const std::string& file, std::size_t limit) {
    if (file.empty()) return {};
    auto content = read_input(file, limit);
    if (!content) return tl::unexpected(std::move(content.error()));
    slot = std::move(*content);
    return {};
}

Result<model::BisectionSpec> complete(const BisectOptions& options) {
    auto spec = options.spec;
    if (spec.good.empty() || spec.bad.empty())
        return util::fail(ErrorKind::invalid_input, "a good and a bad commit are asked for",
                          "command line", "krepro bisect GOOD BAD --tree TREE --mail MAIL");
    auto read = read_into(spec.mail, options.mail_file, model::k_max_mail_bytes);
    if (read) read = read_into(spec.script, options.script_file, k_most_script_bytes);
    if (read) read = read_into(spec.config, options.config_file, k_most_script_bytes);
    if (read) read = model::validate(spec);
    if (!read) return tl::unexpected(read.error());
    return spec;
}

// What was found by a step, and what is left.
std::string step_words(const Json& step, const Json& bisection) {
    return fmt::format("step {}: {} {}: {} ({} hits, exposure {:.0f}); {} of {} commits left",
                       integer_at(step, "number"), text_at(step, "commit").substr(0, 12),
                       printable(text_at(step, "title")), text_at(step, "result"),
                       integer_at(step, "hits"), number_at(step, "exposure"),
                       integer_at(bisection, "left"), integer_at(bisection, "commits"));
}

// Shows each step as it goes on, and returns the bisection when it is done.
class Follower {
  public:
    Follower(const BisectOptions& options, Terminal& terminal)
        : options_(options), terminal_(terminal) {}

    Result<Json> follow(std::int64_t id) {
        while (true) {
            auto bisection = look(id);
            if (!bisection) return bisection;
            tell_line(*bisection);
            tell_steps(*bisection);
            if (text_at(*bisection, "stage") == "done") return bisection;
            const auto& steps = at(*bisection, "steps");
            if (!steps.empty() && text_at(steps.back(), "stage") != "done") {
                const auto job = watch_step(steps.back());
                if (!job) return job;
                continue;
            }
            std::this_thread::sleep_for(k_look_again);
        }
    }

  private:
    // Asks again while the server does not answer: it may be starting again.
    Result<Json> look(std::int64_t id) const {
        const auto until = std::chrono::steady_clock::now() + k_server_patience;
        while (true) {
            auto bisection = get(options_, id);
            const bool away = !bisection && bisection.error().kind == ErrorKind::unavailable;
            if (!away || std::chrono::steady_clock::now() >= until) return bisection;
            std::this_thread::sleep_for(k_look_again);
        }
    }

    // Once, when it is known.
    void tell_line(const Json& bisection) {
        const auto commits = integer_at(bisection, "commits");
        if (line_told_) return;
        if (commits == 0) return terminal_.status("looking for the commits between the two");
        line_told_ = true;
        terminal_.note(fmt::format("{} commits, from {} to {}", commits,
                                   text_at(bisection, "good").substr(0, 12),
                                   text_at(bisection, "bad").substr(0, 12)));
        for (const auto& note : at(bisection, "notes"))
            if (note.is_string()) terminal_.note(note.get<std::string>());
    }

    // Those that have ended since it was looked last.
    void tell_steps(const Json& bisection) {
        for (const auto& step : at(bisection, "steps")) {
            const auto number = integer_at(step, "number");
            if (number <= told_ || text_at(step, "stage") != "done") continue;
            told_ = number;
            terminal_.note(step_words(step, bisection));
        }
    }

    Result<Json> watch_step(const Json& step) {
        const auto job = integer_at(step, "job");
        terminal_.note(fmt::format("step {}: tests {} {} as job {}", integer_at(step, "number"),
                                   text_at(step, "commit").substr(0, 12),
                                   printable(text_at(step, "title")), job));
        return watch({options_.remote, job}, terminal_);
    }

    const BisectOptions& options_;
    Terminal& terminal_;
    bool line_told_ = false;
    std::int64_t told_ = 0;
};

int bisection_exit_code(const Json& bisection) {
    const auto kind = model::enum_from_string<BisectionEnd>(text_at(bisection, "result.kind"));
    if (!kind) return k_exit_ok;
    switch (*kind) {
        case BisectionEnd::found:
            return k_exit_ok;
        case BisectionEnd::good_is_bad:
            return 1;
        case BisectionEnd::not_reproduced:
            return 3;
        case BisectionEnd::among:
        case BisectionEnd::inconclusive:
            return 4;
        case BisectionEnd::error:
            break;
    }
    return k_exit_infrastructure;
}

int print(const BisectOptions& options, const Json& bisection, Terminal& terminal, bool one_line) {
    if (options.remote.output == Output::text)
        terminal.print(render_bisection(bisection, terminal));
    else
        terminal.print((one_line ? model::dump(bisection) : model::dump_pretty(bisection)) + "\n");
    return bisection_exit_code(bisection);
}

int follow(const BisectOptions& options, std::int64_t id, Terminal& terminal) {
    const auto ended = Follower(options, terminal).follow(id);
    if (!ended) return failed(ended.error(), terminal);
    return print(options, *ended, terminal, true);
}

// One that goes on is followed. But in this process: what an earlier one left in its folder is
// being given up, and is taken up again when that is over.
Result<Json> resume(const BisectOptions& options) {
    const auto until = std::chrono::steady_clock::now() + 2 * k_server_patience;
    while (true) {
        auto bisection = get(options, options.resume);
        if (!bisection) return bisection;
        if (text_at(*bisection, "stage") == "done") break;
        if (!options.here || std::chrono::steady_clock::now() >= until) return bisection;
        std::this_thread::sleep_for(k_look_again);
    }
    return post(options, path_of(options.resume) + "/resume");
}

int run_bisect(const BisectOptions& options, const model::BisectionSpec& spec, Terminal& terminal) {
    if (options.show > 0) {
        const auto bisection = get(options, options.show);
        return bisection ? print(options, *bisection, terminal, false)
                         : failed(bisection.error(), terminal);
    }
    if (options.cancel > 0) {
        const auto bisection = post(options, path_of(options.cancel) + "/cancel");
        if (!bisection) return failed(bisection.error(), terminal);
        print(options, *bisection, terminal, false);
        return k_exit_ok;
    }
    const auto begun = options.resume > 0
                           ? resume(options)
                           : post(options, "/api/v1/bisections", model::dump(model::to_json(spec)));
    if (!begun) return failed(begun.error(), terminal);
    const auto id = integer_at(*begun, "id");
    if (!options.wait && !options.here) return print(options, *begun, terminal, false);
    terminal.note(fmt::format("bisection {}: {}{}", id, options.remote.server, path_of(id)));
    return follow(options, id, terminal);
}

void add_options(CLI::App* command, BisectOptions& options) {
    auto& spec = options.spec;
    command->add_option("good", spec.good, "Commit of the tree without the bug");
    command->add_option("bad", spec.bad, "Commit of the tree that has it");
    command->add_option("--mail", options.mail_file,
                        "Mail that tells of the bug: its trace and its reproducer; - for "
                        "standard input");
    command->add_option("--script", options.script_file,
                        "Reproducer, in place of the mail's own; run once an iteration");
    command->add_option("--config", options.config_file,
                        "File with CONFIG_X=y lines, on top of the profile's");
    command
        ->add_option("--tree", spec.tree,
                     "Kernel tree: a name that krepro tree list shows, or the path of a git "
                     "repository")
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
        ->check(CLI::IsMember({"verbatim", "amplified"}))
        ->default_str(std::string(model::to_string(spec.workload)));
    command->add_option("--confidence", spec.confidence, "Between 0.5 and 0.9999")
        ->capture_default_str();
    command->add_option("--wall-s", spec.budget.wall_s, "Seconds for the trials of all commits")
        ->capture_default_str();
    command->add_option("--trials", spec.budget.trials, "Trials of all commits together")
        ->capture_default_str();
    command->add_flag("--wait,!--no-wait", options.wait,
                      "Follow it to its end, which is the default, or return at once");
    struct Row {
        const char* name;
        std::int64_t BisectOptions::*id;
        const char* what;
    };
    for (const auto& [name, id, what] :
         {Row{"--resume", &BisectOptions::resume,
              "Go on with this bisection, by its number, and with what it has found"},
          Row{"--show", &BisectOptions::show, "Show this bisection, by its number"},
          Row{"--cancel", &BisectOptions::cancel, "End this bisection, by its number"}})
        command->add_option(name, options.*id, what)->check(CLI::PositiveNumber)->excludes("good");
    command->add_flag("--here", options.here, "In this process, without a daemon");
}

}  // namespace

AddGroup bisect_command(WithServer with_server) {
    return [with_server = std::move(with_server)](Program& program) {
        auto& options = program.keep<BisectOptions>();
        auto* command = program.add(
            "bisect", "Find the commit that brought a bug, by tests that may miss it",
            "  krepro bisect v6.1 HEAD --tree /src/linux --mail report.eml --workload amplified\n"
            "  krepro bisect v6.1 HEAD --tree /src/linux --script repro.sh --here\n"
            "  krepro bisect --show 3 --json | jq .result.commits\n"
            "  krepro bisect --resume 3    (after a cancel, an error or a kill; or to follow it)\n"
            "A hit is certain; a clean test counts by its exposure, and a later hit undoes what "
            "it\n"
            "said. Commits that do not build or boot are skipped. Of merges the line of first\n"
            "parents is searched. The options of serve count with --here. Exit codes: 0 one\n"
            "commit is named, 1 the good commit has the bug, 2 infrastructure, or commits that\n"
            "span no line, 3 not reproduced on the bad commit, 4 not decided: several commits\n"
            "are named, 64 usage.");
        add_options(command, options);
        add_remote(command, options.remote);
        add_serve_options(command, options.serve);
        program.on(command, [with_server, &program, &options] {
            model::BisectionSpec spec;
            if (options.asks_anew()) {
                auto whole = complete(options);
                if (!whole) return failed(whole.error(), program.terminal());
                spec = std::move(*whole);
            }
            if (!options.here) return run_bisect(options, spec, program.terminal());
            return with_server(options.serve, [&](const std::string& url) {
                options.remote.server = url;
                return run_bisect(options, spec, program.terminal());
            });
        });
    };
}

}  // namespace krepro::cli
