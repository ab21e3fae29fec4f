// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <system_error>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/render.hpp"
#include "report/scanner.hpp"
#include "util/files.hpp"

namespace krepro::cli {

using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

Result<util::Fd> open_input(const std::string& file) {
    util::Fd fd(file == "-" ? ::dup(STDIN_FILENO) : ::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.valid()) return fd;
    return fail(ErrorKind::invalid_input,
                fmt::format("cannot open: {}", std::generic_category().message(errno)), file);
}

tl::unexpected<util::Error> cannot_read(const std::string& file) {
    return fail(ErrorKind::invalid_input,
                fmt::format("cannot read: {}", std::generic_category().message(errno)), file);
}

// Calls `take` with one piece after the other, until the end or until it has enough.
Result<void> read_pieces(const std::string& file,
                         const std::function<bool(std::string_view)>& take) {
    const auto fd = open_input(file);
    if (!fd) return tl::unexpected(fd.error());
    std::array<char, 1 << 16> buffer{};
    while (true) {
        const auto n = ::read(fd->get(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return cannot_read(file);
        if (n == 0 || !take({buffer.data(), static_cast<std::size_t>(n)})) return {};
    }
}

// A splat whose last line came this long ago, with nothing after it, is complete.
constexpr int k_silence_ms = 300;

// Whether the file is a regular one, which may grow after its end was read.
bool may_grow(int fd) {
    struct stat status {};
    return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

// As read_pieces, but goes on behind the end of a file that may grow, for as long as the process
// lives. `idle` is called whenever nothing has come for k_silence_ms.
Result<void> follow_pieces(const std::string& file,
                           const std::function<void(std::string_view)>& take,
                           const std::function<void()>& idle) {
    const auto fd = open_input(file);
    if (!fd) return tl::unexpected(fd.error());
    const bool grows = may_grow(fd->get());
    std::array<char, 1 << 16> buffer{};
    while (true) {
        pollfd wait{fd->get(), POLLIN, 0};
        const int ready = grows ? 1 : ::poll(&wait, 1, k_silence_ms);
        const auto n = ready > 0 ? ::read(fd->get(), buffer.data(), buffer.size()) : 0;
        if ((ready < 0 || n < 0) && errno == EINTR) continue;
        if (ready < 0 || n < 0) return cannot_read(file);
        if (n > 0) {
            take({buffer.data(), static_cast<std::size_t>(n)});
            continue;
        }
        if (ready > 0 && !grows) return {};  // the end of a pipe
        if (grows) ::poll(nullptr, 0, k_silence_ms);
        idle();
    }
}

report::Notices notices_of(const ParseOptions& options) {
    return options.notices ? report::Notices::kept : report::Notices::dropped;
}

// Prints the reports of one console as they come, so that none is kept: a text each, or the items
// of one document.
class Printout {
  public:
    Printout(Output output, Terminal& terminal)
        : json_(output == Output::json), terminal_(terminal) {}

    void add(const std::vector<model::Report>& reports) {
        for (const auto& report : reports) {
            if (json_)
                terminal_.print((count_ == 0 ? k_head : ",") + report::dump_report_json(report));
            else
                terminal_.print(render_report(model::to_json(report), terminal_));
            ++count_;
        }
    }
    void finish() {
        if (json_)
            terminal_.print(std::string(count_ == 0 ? k_head : "") + k_tail);
        else if (count_ == 0)
            terminal_.print("no reports\n");
    }
    // After an error, which is told elsewhere: what has been printed is still a document.
    void abandon() {
        if (count_ != 0) finish();
    }

  private:
    static constexpr const char* k_head = R"({"reports":[)";
    static constexpr const char* k_tail = "]}\n";

    bool json_;
    Terminal& terminal_;
    std::size_t count_ = 0;
};

// A report a line, or a page of text, as soon as it is complete.
int run_follow(const ParseOptions& options, Terminal& terminal) {
    report::Scanner scanner(notices_of(options));
    const auto print = [&](const std::vector<model::Report>& reports) {
        for (const auto& report : reports)
            terminal.print(options.output == Output::json
                               ? report::dump_report_json(report) + "\n"
                               : render_report(model::to_json(report), terminal));
    };
    const auto done = follow_pieces(
        options.file, [&](std::string_view piece) { print(scanner.feed(piece)); },
        [&] { print(scanner.flush()); });
    print(scanner.flush());
    if (done) return k_exit_ok;
    terminal.error(done.error());
    return exit_code(done.error());
}

}  // namespace

Result<std::string> read_input(const std::string& file, std::size_t limit) {
    std::string content;
    const auto done = read_pieces(file, [&](std::string_view piece) {
        content += piece;
        return content.size() <= limit;
    });
    if (!done) return tl::unexpected(done.error());
    if (content.size() > limit)
        return fail(ErrorKind::too_large, fmt::format("has more than {} bytes", limit), file);
    return content;
}

int run_parse(const ParseOptions& options, Terminal& terminal) {
    if (options.follow) return run_follow(options, terminal);
    report::Scanner scanner(notices_of(options));
    Printout printout(options.output, terminal);
    const auto done = read_pieces(options.file, [&](std::string_view piece) {
        printout.add(scanner.feed(piece));
        return true;
    });
    if (!done) {
        printout.abandon();
        terminal.error(done.error());
        return exit_code(done.error());
    }
    printout.add(scanner.flush());
    printout.finish();
    return k_exit_ok;
}

}  // namespace krepro::cli
