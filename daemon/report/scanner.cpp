// SPDX-License-Identifier: Apache-2.0
#include "report/scanner.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "report/assembler.hpp"
#include "report/interpret.hpp"
#include "report/line.hpp"
#include "report/prefilter.hpp"
#include "report/text.hpp"

namespace krepro::report {
namespace {

// The kernel's own lines end at 1024 bytes; what is longer comes from elsewhere and is cut.
constexpr std::size_t k_max_line = 8192;

void move_behind(std::vector<model::Report>& all, std::vector<model::Report> more) {
    all.insert(all.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
}

}  // namespace

struct Scanner::Impl {
    explicit Impl(Notices notices) : assembler(notices) {}

    Assembler assembler;
    std::string partial;             // the beginning of a line whose end has not come yet
    std::uint64_t offset = 0;        // of the console, behind all complete lines
    std::uint64_t partial_size = 0;  // of the partial line, with what was not kept
    std::uint64_t lines = 0;

    // Takes a whole line that is `size` bytes long on the console, its newline included.
    std::vector<model::Report> take_line(std::string_view raw, std::uint64_t size) {
        Line line = parse_line(raw.substr(0, k_max_line));
        line.first_byte = offset;
        offset += size;
        line.end_byte = offset;
        line.number = ++lines;
        return assembler.take(line);
    }
    // How many bytes of whole lines at the beginning of `bytes` hold nothing to look at. They count
    // as read.
    std::size_t skip_quiet_lines(std::string_view bytes) {
        if (assembler.wants_every_line()) return 0;
        const auto anchor = find_anchor(bytes);
        const auto last = bytes.substr(0, anchor).rfind('\n');
        if (last == std::string_view::npos) return 0;
        const std::size_t size = last + 1;
        lines += count_newlines(bytes.substr(0, size));
        offset += size;
        return size;
    }
    void keep(std::string_view bytes) {
        partial_size += bytes.size();
        if (partial.size() < k_max_line) partial += bytes.substr(0, k_max_line - partial.size());
    }
    std::vector<model::Report> end_partial(std::uint64_t newline) {
        auto reports = take_line(partial, partial_size + newline);
        partial.clear();
        partial_size = 0;
        return reports;
    }
};

Scanner::Scanner(Notices notices) : impl_(std::make_unique<Impl>(notices)) {}
Scanner::~Scanner() = default;
Scanner::Scanner(Scanner&&) noexcept = default;
Scanner& Scanner::operator=(Scanner&&) noexcept = default;

std::vector<model::Report> Scanner::feed(std::string_view bytes) {
    std::vector<model::Report> reports;
    while (!bytes.empty()) {
        if (impl_->partial_size == 0) bytes.remove_prefix(impl_->skip_quiet_lines(bytes));
        const auto newline = bytes.find('\n');
        if (newline == std::string_view::npos) {
            impl_->keep(bytes);
            break;
        }
        if (impl_->partial_size != 0) {
            impl_->keep(bytes.substr(0, newline));
            move_behind(reports, impl_->end_partial(1));
        } else {
            move_behind(reports, impl_->take_line(bytes.substr(0, newline), newline + 1));
        }
        bytes.remove_prefix(newline + 1);
    }
    return reports;
}

bool Scanner::pending() const {
    return impl_->assembler.pending();
}

bool Scanner::looks_complete() const {
    return impl_->partial_size == 0 && impl_->assembler.looks_complete();
}

std::vector<model::Report> Scanner::flush() {
    std::vector<model::Report> reports;
    if (impl_->partial_size != 0) move_behind(reports, impl_->end_partial(0));
    move_behind(reports, impl_->assembler.flush());
    return reports;
}

std::vector<model::Report> parse(std::string_view console, Notices notices) {
    Scanner scanner(notices);
    std::vector<model::Report> reports = scanner.feed(console);
    move_behind(reports, scanner.flush());
    std::stable_sort(reports.begin(), reports.end(), [](const auto& a, const auto& b) {
        return a.headline_line < b.headline_line;
    });
    return reports;
}

model::Report parse_expected(std::string_view splat) {
    std::vector<model::Report> reports = parse(splat);
    if (!reports.empty() && !reports.front().frames.empty()) return std::move(reports.front());
    std::vector<Line> lines;
    for (std::uint64_t number = 1; !splat.empty() && lines.size() < Assembler::k_max_lines;
         ++number) {
        const auto newline = splat.find('\n');
        lines.push_back(parse_line(splat.substr(0, newline)));
        lines.back().number = number;
        if (newline == std::string_view::npos) break;
        splat.remove_prefix(newline + 1);
    }
    return interpret({nullptr, 0, lines, false});
}

}  // namespace krepro::report
