// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "cli/exit_code.hpp"
#include "cli/json_access.hpp"
#include "cli/program.hpp"
#include "cli/remote.hpp"
#include "intake/mime.hpp"
#include "model/job_spec.hpp"

namespace krepro::cli {

using http::Ask;
using util::Result;

namespace {

constexpr std::size_t k_script_bytes = 65536;

// A mail goes as it is, byte for byte: JSON could not carry what is not UTF-8. A script
// needs JSON, and so does a commit alone.
Ask submission(const model::JobSpec& spec) {
    Ask question;
    question.method = "POST";
    question.target = "/api/v1/jobs";
    if (!spec.script.empty() || !spec.config.empty() || spec.mail.empty()) {
        question.content_type = "application/json";
        question.body = model::dump(model::to_json(spec));
        return question;
    }
    question.content_type = "text/plain";
    question.body = spec.mail;
    question.target +=
        fmt::format("?tree={}&profile={}&workload={}&confidence={}&wall_s={}&trials={}",
                    percent(spec.tree), percent(spec.profile), model::to_string(spec.workload),
                    spec.confidence, spec.budget.wall_s, spec.budget.trials);
    if (spec.warm_start) question.target += "&warm_start=true";
    if (!spec.compiler.empty()) question.target += "&compiler=" + spec.compiler;
    if (spec.alone) question.target += "&alone=true";
    if (!spec.commit.empty()) question.target += "&commit=" + percent(spec.commit);
    return question;
}

// Whether the only argument is no file and can be a revision: a name with a patch's or a mail's
// ending is a file that is not there.
bool names_a_commit(const SubmitOptions& options) {
    if (options.mails.size() != 1) return false;
    const auto& text = options.mails.front();
    if (text.empty() || text == "-" || text.front() == '/' || text.front() == '.' ||
        !options.spec.commit.empty())
        return false;
    std::error_code code;
    if (std::filesystem::exists(text, code)) return false;
    const auto extension = std::filesystem::path(text).extension();
    for (const auto* of_a_file : {".eml", ".mail", ".patch", ".diff", ".mbox", ".txt"})
        if (extension == of_a_file) return false;
    return std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 ||
               std::string_view("._/~^@{}-+:").find(static_cast<char>(c)) != std::string::npos;
    });
}

// Several files are one series. They are taken in the order in which they are named, and intake
// puts mails that say their number in order.
Result<std::string> read_mails(const std::vector<std::string>& files) {
    std::vector<std::string> texts;
    std::size_t left = model::k_max_mail_bytes;
    for (const auto& file : files) {
        auto text = read_input(file, left);
        if (!text) return text;
        left -= text->size();
        texts.push_back(std::move(*text));
    }
    return texts.size() == 1 ? std::move(texts.front()) : intake::join_mbox(texts);
}

}  // namespace

Result<model::JobSpec> complete_spec(const SubmitOptions& options) {
    auto spec = options.spec;
    if (names_a_commit(options)) {
        spec.commit = options.mails.front();
    } else if (!options.mails.empty()) {
        auto mail = read_mails(options.mails);
        if (!mail) return tl::unexpected(std::move(mail.error()));
        spec.mail = std::move(*mail);
    }
    if (!options.script_file.empty()) {
        auto script = read_input(options.script_file, k_script_bytes);
        if (!script) return tl::unexpected(std::move(script.error()));
        spec.script = std::move(*script);
    }
    if (!options.config_file.empty()) {
        auto config = read_input(options.config_file, k_script_bytes);
        if (!config) return tl::unexpected(std::move(config.error()));
        spec.config = std::move(*config);
    }
    if (auto valid = model::validate(spec); !valid) return tl::unexpected(valid.error());
    return spec;
}

int run_submit(const SubmitOptions& options, Terminal& terminal) {
    auto spec = complete_spec(options);
    if (!spec) return failed(spec.error(), terminal);
    auto complete = options;
    complete.spec = std::move(*spec);
    return run_submit_spec(complete, terminal);
}

Result<model::Json> hand_over(const SubmitOptions& options) {
    return ask(options.remote, submission(options.spec));
}

int run_submit_spec(const SubmitOptions& options, Terminal& terminal) {
    const auto job = hand_over(options);
    if (!job) return failed(job.error(), terminal);
    const auto id = integer_at(*job, "id");
    const auto page = fmt::format("{}/jobs/{}", options.remote.server, id);
    if (options.wait) {
        terminal.note(fmt::format("job {}: {}", id, page));
        return run_watch({options.remote, id}, terminal);
    }
    terminal.print(options.remote.output == Output::json ? model::dump_pretty(*job) + "\n"
                                                         : fmt::format("job {}  {}\n", id, page));
    return k_exit_ok;
}

void add_submit_commands(Program& program) {
    auto& options = program.keep<SubmitOptions>();
    auto* command = program.add("submit", "Hand a mail, a patch or a commit to a server",
                                "  krepro submit fix.eml --wait\n"
                                "  krepro submit fix.patch --script repro.sh --confidence 0.99\n"
                                "  krepro submit 000*.patch   (a series is one change)\n"
                                "  git format-patch -1 --stdout | krepro submit - --json\n"
                                "  krepro submit HEAD --tree /src/linux --wait\n"
                                "  krepro submit v6.12~3..v6.12 --tree mine --script repro.sh");
    command->add_option(
        "mail", options.mails,
        "Mail or patches, - for standard input; or a commit of the tree: REV, A..B");
    command->add_option("--commit", options.spec.commit,
                        "Commit of the tree to prove; a mail beside it only tells the story");
    command->add_option("--script", options.script_file,
                        "Reproducer, in place of the mail's own; run once an iteration");
    command->add_option("--config", options.config_file,
                        "File with CONFIG_X=y lines, on top of the profile's");
    command->add_flag("--wait", options.wait, "Watch the job and exit with its verdict's code");
    add_spec(command, options.spec);
    add_remote(command, options.remote);
    program.on(command, [&] { return run_submit(options, program.terminal()); });
}

}  // namespace krepro::cli
