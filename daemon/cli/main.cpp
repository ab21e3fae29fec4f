// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <vector>

#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"

namespace krepro::cli {

namespace {

using Action = std::function<int()>;

const CLI::Range k_id(std::int64_t{1}, std::numeric_limits<std::int64_t>::max(), "ID");

// The parsed command line. CLI11 writes through references into the option structs, so this stays
// where it is from the first option on.
class Program {
  public:
    Program(const Commands& commands, Terminal& terminal);
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    int run(int argc, char** argv);

  private:
    CLI::App* add(const std::string& name, const std::string& what, const std::string& examples);
    void on(CLI::App* command, Action action);
    static void add_output(CLI::App* command, Output& output);
    static void add_remote(CLI::App* command, Remote& remote);
    static void add_spec(CLI::App* command, model::JobSpec& spec);
    static void add_serve_options(CLI::App* command, ServeOptions& options);

    void add_submit();
    void add_job_commands();
    void add_list();
    void add_report();
    void add_log();
    void add_parse();
    void add_serve();
    void add_doctor();

    const Commands& commands_;
    Terminal& terminal_;
    CLI::App app_{
        "Proves kernel fixes: builds without and with a patch, boots both, runs the "
        "reproducer, says which bug is gone."};
    Action action_;
    SubmitOptions submit_;
    JobOptions show_, watch_, cancel_;
    ListOptions list_;
    ReportOptions report_;
    LogOptions log_;
    ParseOptions parse_;
    ServeOptions serve_;
    DoctorOptions doctor_;
};

Program::Program(const Commands& commands, Terminal& terminal)
    : commands_(commands), terminal_(terminal) {
    app_.name("krepro");
    app_.require_subcommand(1);
    app_.set_version_flag("--version", "krepro " + commands.version);
    app_.footer(
        "Exit codes: 0 fixed, 1 not fixed or regression or a new splat, 2 infrastructure,\n"
        "3 not reproduced, 4 inconclusive, 64 usage.\n"
        "Begin with: krepro serve, and in another terminal: krepro submit MAIL --wait");
    if (commands_.serve) add_serve();
    add_submit();
    add_job_commands();
    add_list();
    add_report();
    add_log();
    add_parse();
    if (commands_.doctor) add_doctor();
}

int Program::run(int argc, char** argv) {
    try {
        app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int code = app_.exit(error);
        return code == 0 ? k_exit_ok : k_exit_usage;
    }
    return action_();
}

CLI::App* Program::add(const std::string& name, const std::string& what,
                       const std::string& examples) {
    auto* command = app_.add_subcommand(name, what);
    command->footer("Examples:\n" + examples);
    return command;
}

void Program::on(CLI::App* command, Action action) {
    command->callback([this, action = std::move(action)] { action_ = action; });
}

void Program::add_output(CLI::App* command, Output& output) {
    command->add_flag_callback(
        "--json", [&output] { output = Output::json; }, "Print JSON");
}

void Program::add_remote(CLI::App* command, Remote& remote) {
    command->add_option("--server", remote.server, "Where krepro serve listens")
        ->envname("KREPRO_SERVER")
        ->capture_default_str();
    add_output(command, remote.output);
}

void Program::add_spec(CLI::App* command, model::JobSpec& spec) {
    command->add_option("--tree", spec.tree, "Kernel tree, by its name in trees.toml")
        ->capture_default_str();
    command->add_option("--profile", spec.profile, "Kernel configuration")->capture_default_str();
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
}

void Program::add_serve_options(CLI::App* command, ServeOptions& options) {
    command->add_option("--state", options.state, "Folder of the store and the evidence");
    command->add_option("--cache", options.cache, "Folder of trees, kernels and images");
    command->add_option("--share", options.share, "Folder that holds kernels/ and web/dist");
    command->add_option("--accelerator", options.accelerator, "kvm or tcg; probed when not given")
        ->check(CLI::IsMember({"kvm", "tcg"}));
    command->add_option("--libvirt", options.libvirt_uri,
                        "libvirt URI; the embedded driver when not given");
}

void Program::add_submit() {
    auto* command = add("submit", "Hand a mail or patch to a server",
                        "  krepro submit fix.eml --wait\n"
                        "  krepro submit fix.patch --script repro.sh --confidence 0.99\n"
                        "  git format-patch -1 --stdout | krepro submit - --json");
    command->add_option("mail", submit_.mail, "Mail, patch or commit; - for standard input")
        ->required();
    command->add_option("--script", submit_.script_file,
                        "Reproducer, in place of the mail's own; run once an iteration");
    command->add_flag("--wait", submit_.wait, "Watch the job and exit with its verdict's code");
    add_spec(command, submit_.spec);
    add_remote(command, submit_.remote);
    on(command, [this] { return run_submit(submit_, terminal_); });
}

void Program::add_job_commands() {
    struct Row {
        const char* name;
        const char* what;
        const char* examples;
        JobOptions& options;
        int (*function)(const JobOptions&, Terminal&);
    };
    const Row rows[] = {
        {"show", "Show a job: both arms, counts, verdict, reports",
         "  krepro show 3\n  krepro show 3 --json | jq .verdict", show_, run_show},
        {"watch", "Follow a job to its end and exit with its verdict's code",
         "  krepro watch 3\n  krepro watch 3 --json   (one event a line)", watch_, run_watch},
        {"cancel", "End a job; what was found so far stays", "  krepro cancel 3", cancel_,
         run_cancel}};
    for (const auto& row : rows) {
        auto* command = add(row.name, row.what, row.examples);
        command->add_option("job", row.options.job, "Id of the job")->required()->check(k_id);
        add_remote(command, row.options.remote);
        on(command, [this, row] { return row.function(row.options, terminal_); });
    }
}

void Program::add_list() {
    auto* command = add("list", "List jobs, newest first",
                        "  krepro list --verdict not_fixed\n"
                        "  krepro list --text memcg --limit 10 --json");
    command->add_option("--stage", list_.stage, "queued, checking_out, building, running or done");
    command->add_option("--verdict", list_.verdict, "fixed, not_fixed, regression, ...");
    command->add_option("--text", list_.text, "Part of the title");
    command->add_option("--before", list_.before, "Only ids below this one");
    command->add_option("--limit", list_.limit, "At most this many")
        ->check(CLI::Range(1, 500))
        ->capture_default_str();
    add_remote(command, list_.remote);
    on(command, [this] { return run_list(list_, terminal_); });
}

void Program::add_report() {
    auto* command = add("report", "Show a report: title, context, locks, frames",
                        "  krepro report 7\n  krepro report 7 --json | jq .report.frames");
    command->add_option("report", report_.report, "Id of the report")->required()->check(k_id);
    add_remote(command, report_.remote);
    on(command, [this] { return run_report(report_, terminal_); });
}

void Program::add_log() {
    auto* command = add("log", "Print the console of a trial",
                        "  krepro log 12\n  krepro log 12 -f   (while it runs)");
    command->add_option("trial", log_.trial, "Id of the trial")->required()->check(k_id);
    command->add_flag("-f,--follow", log_.follow, "Go on until the trial ends");
    add_remote(command, log_.remote);
    on(command, [this] { return run_log(log_, terminal_); });
}

void Program::add_parse() {
    auto* command = add("parse", "Find the kernel reports in a console log; needs no server",
                        "  krepro parse console.log\n  dmesg | krepro parse - --json");
    command->add_option("file", parse_.file, "Console log; - for standard input")->required();
    add_output(command, parse_.output);
    command->add_flag_callback(
        "--text", [this] { parse_.output = Output::text; }, "Print text (the default)");
    on(command, [this] { return run_parse(parse_, terminal_); });
}

void Program::add_serve() {
    auto* command = add("serve", "Run the daemon: API, dashboard and jobs",
                        "  krepro serve\n  krepro serve --port 9000 --state /srv/krepro");
    command->add_option("--address", serve_.address, "Address to listen on (127.0.0.1)");
    command->add_option("--port", serve_.port, "Port to listen on (8734); 0: any that is free");
    add_serve_options(command, serve_);
    on(command, [this] { return commands_.serve(serve_); });
}

void Program::add_doctor() {
    auto* command = add("doctor", "Check what krepro needs, each with its mend",
                        "  krepro doctor\n  krepro doctor --json");
    add_serve_options(command, doctor_.serve);
    add_output(command, doctor_.output);
    on(command, [this] { return commands_.doctor(doctor_); });
}

}  // namespace

int main(int argc, char** argv, const Commands& commands) {
    auto terminal = Terminal::of_process();
    try {
        Program program(commands, terminal);
        return program.run(argc, argv);
    } catch (const util::InfraError& error) {
        terminal.error(error.error());
        return exit_code(error.error());
    } catch (const std::exception& error) {
        terminal.error({util::ErrorKind::internal, error.what(), "krepro", ""});
        return k_exit_infrastructure;
    }
}

}  // namespace krepro::cli
