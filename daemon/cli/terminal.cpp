// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace krepro::cli {

namespace {

std::string_view code_of(Style style) {
    switch (style) {
        case Style::plain:
            return "";
        case Style::bold:
            return "\x1b[1m";
        case Style::dim:
            return "\x1b[2m";
        case Style::good:
            return "\x1b[32m";
        case Style::bad:
            return "\x1b[31m";
        case Style::warn:
            return "\x1b[33m";
    }
    return "";
}

std::string painted(Style style, std::string_view text) {
    return style == Style::plain ? std::string(text)
                                 : fmt::format("{}{}\x1b[0m", code_of(style), text);
}

void write(std::FILE* stream, std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stream);
    std::fflush(stream);
}

// Cut to the columns of a line, counting a UTF-8 sequence as one.
std::string_view cut(std::string_view text, int columns) {
    int used = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
        if (begins && ++used > columns) return text.substr(0, i);
    }
    return text;
}

int width_of_terminal() {
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return 80;
}

}  // namespace

std::string progress_bar(double done, double total, int width) {
    if (!(total > 0)) return fmt::format("{:.0f}", done);
    const double share = std::clamp(done / total, 0.0, 1.0);
    const int filled = static_cast<int>(std::floor(share * width));
    std::string bar(static_cast<std::size_t>(filled), '=');
    if (filled < width) bar += share > 0 ? '>' : ' ';
    bar.resize(static_cast<std::size_t>(width), ' ');
    return fmt::format("[{}] {:.0f} of {:.0f}", bar, done, total);
}

Terminal Terminal::of_process() {
    const char* no_colour = std::getenv("NO_COLOR");
    const char* term = std::getenv("TERM");
    const bool dumb = term == nullptr || std::string_view(term) == "dumb";
    const bool colour = (no_colour == nullptr || *no_colour == '\0') && !dumb;
    const bool err = ::isatty(STDERR_FILENO) == 1;
    return Terminal(
        {colour && ::isatty(STDOUT_FILENO) == 1, colour && err, err && !dumb, width_of_terminal()});
}

Terminal::~Terminal() {
    clear_status();
}

void Terminal::print(std::string_view text) {
    clear_status();
    write(stdout, text);
}

void Terminal::note(std::string_view line) {
    clear_status();
    write(stderr, printable(line) + "\n");
}

void Terminal::status(std::string_view line) {
    if (!abilities_.err_moves) return;
    const auto clean = printable(line);
    write(stderr, fmt::format("\r\x1b[K{}", cut(clean, abilities_.width - 1)));
    status_shown_ = true;
}

void Terminal::error(const util::Error& error) {
    clear_status();
    const auto style = abilities_.err_colour ? Style::bad : Style::plain;
    std::string text = painted(style, "krepro: ") + printable(error.what);
    if (!error.where.empty()) text += " (" + printable(error.where) + ")";
    if (!error.hint.empty()) text += "\n        " + printable(error.hint);
    write(stderr, text + "\n");
}

std::string Terminal::paint(Style style, std::string_view text) const {
    return abilities_.out_colour ? painted(style, text) : std::string(text);
}

void Terminal::clear_status() {
    if (status_shown_) write(stderr, "\r\x1b[K");
    status_shown_ = false;
}

}  // namespace krepro::cli
