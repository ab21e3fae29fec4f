// SPDX-License-Identifier: Apache-2.0
// A job taken along: its verdict in another tool's format, or all that repeats it.
#include <fmt/format.h>

#include "cli/exit_code.hpp"
#include "cli/program.hpp"
#include "cli/remote.hpp"
#include "util/files.hpp"

namespace krepro::cli {

namespace {

struct ExportOptions {
    Remote remote;
    std::int64_t job = 0;
    std::string format = "markdown";
    std::string file;  // empty or "-": standard output
};

struct BundleOptions {
    Remote remote;
    std::int64_t job = 0;
    std::string file;  // empty: krepro-job-N.tar.zst
};

util::Result<std::string> fetch(const Remote& remote, const std::string& target) {
    const auto client = http::Client::make(remote.server);
    if (!client) return tl::unexpected(client.error());
    http::Ask question;
    question.target = target;
    return client->text(question);
}

// What was written, for the one who asked.
void tell_file(const Remote& remote, const std::string& file, std::size_t bytes,
               Terminal& terminal) {
    if (remote.output == Output::json)
        terminal.print(model::dump({{"file", file}, {"bytes", bytes}}) + "\n");
    else
        terminal.note(fmt::format("{}: {:.1f} MiB", file, static_cast<double>(bytes) / (1 << 20)));
}

int run_export(const ExportOptions& options, Terminal& terminal) {
    const auto document =
        fetch(options.remote, job_path(options.job) + "/exports/" + options.format);
    if (!document) return failed(document.error(), terminal);
    if (options.file.empty() || options.file == "-") {
        terminal.print(*document);
        return k_exit_ok;
    }
    if (auto written = util::write_file_atomic(options.file, *document); !written)
        return failed(written.error(), terminal);
    tell_file(options.remote, options.file, document->size(), terminal);
    return k_exit_ok;
}

int run_bundle(const BundleOptions& options, Terminal& terminal) {
    terminal.status(fmt::format("job {}: packing", options.job));
    const auto archive = fetch(options.remote, job_path(options.job) + "/bundle");
    if (!archive) return failed(archive.error(), terminal);
    if (options.file == "-") {
        terminal.print(*archive);
        return k_exit_ok;
    }
    const auto file =
        options.file.empty() ? fmt::format("krepro-job-{}.tar.zst", options.job) : options.file;
    if (auto written = util::write_file_atomic(file, *archive); !written)
        return failed(written.error(), terminal);
    tell_file(options.remote, file, archive->size(), terminal);
    if (options.remote.output == Output::text)
        terminal.note(fmt::format("to repeat it: tar xf {} && cd krepro-job-{} && ./repro.sh", file,
                                  options.job));
    return k_exit_ok;
}

void add_export(Program& program) {
    auto& options = program.keep<ExportOptions>();
    auto* command = program.add("export", "Write a verdict in the format of another tool",
                                "  krepro export 3 --format junit -o krepro.xml\n"
                                "  krepro export 3 --format markdown >> $GITHUB_STEP_SUMMARY\n"
                                "  krepro export 3 --format reply   (a mail; it is not sent)");
    add_id(command, "job", options.job, "Id of the job");
    command->add_option("--format", options.format, "Of the document")
        ->check(CLI::IsMember({"junit", "ktap", "kcidb", "sarif", "reply", "markdown"}))
        ->capture_default_str();
    command->add_option("-o,--output", options.file, "File; standard output when not given");
    add_remote(command, options.remote);
    program.on(command, [&] { return run_export(options, program.terminal()); });
}

void add_bundle(Program& program) {
    auto& options = program.keep<BundleOptions>();
    auto* command = program.add("bundle", "Pack what repeats a result without krepro",
                                "  krepro bundle 3\n"
                                "  krepro bundle 3 -o - | ssh elsewhere tar x --zstd");
    add_id(command, "job", options.job, "Id of the job");
    command->add_option("-o,--output", options.file,
                        "Archive; krepro-job-N.tar.zst when not given, - for standard output");
    add_remote(command, options.remote);
    program.on(command, [&] { return run_bundle(options, program.terminal()); });
}

}  // namespace

void add_export_commands(Program& program) {
    add_export(program);
    add_bundle(program);
}

}  // namespace krepro::cli
