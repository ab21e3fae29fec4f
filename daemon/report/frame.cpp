// SPDX-License-Identifier: Apache-2.0
#include "report/frame.hpp"

#include "report/text.hpp"

namespace krepro::report {
namespace {

// A symbol name that is longer than any the kernel has is not one (KSYM_NAME_LEN is 512).
constexpr std::size_t k_max_symbol = 512;

bool is_name_char(char c) {
    return is_symbol_char(c) || c == ':' || c == '<' || c == '>' || c == '&' || c == '*' ||
           c == '{' || c == '}' || c == ',' || c == '-' || c == '@';
}

bool looks_like_name(std::string_view name) {
    if (name.empty() || name.size() > k_max_symbol) return false;
    return is_alpha(name.front()) || name.front() == '_' || name.front() == '<' ||
           name.front() == '.' || name.front() == '$';
}

// " [ext4]" or " [ext4 0123abc...]": the module, its build id left out. "[inline]" is no module.
void take_module(Cursor& cursor, model::Frame& frame) {
    Cursor ahead = cursor;
    ahead.skip_blanks();
    if (!ahead.take('[')) return;
    const auto name = ahead.take_while([](char c) { return is_symbol_char(c) || c == '-'; });
    if (name.empty() || name == "inline") return;
    ahead.take_while([](char c) { return c != ']'; });
    if (!ahead.take(']')) return;
    frame.module = std::string(name);
    cursor = ahead;
}

// " net/core/sock.c:123"
bool take_source(Cursor& cursor, model::Frame& frame) {
    Cursor ahead = cursor;
    ahead.skip_blanks();
    const auto file = ahead.take_while([](char c) { return c != ':' && !is_blank(c); });
    if (!contains(file, ".") || !ahead.take(':')) return false;
    const auto line = ahead.take_int();
    if (!line || *line < 0) return false;
    frame.file = std::string(file.starts_with("./") ? file.substr(2) : file);
    frame.line = line;
    cursor = ahead;
    return true;
}

// "[<ffffffff81081ea5>]" or powerpc's "[c000000000a1b2c4]" in front of a symbol
bool take_address(Cursor& cursor) {
    Cursor ahead = cursor;
    ahead.skip_blanks();
    if (!ahead.take('[')) return false;
    const bool angled = ahead.take('<');
    const auto digits = ahead.take_while(is_hex);
    if (digits.size() < 8 || !ahead.take(angled ? ">]" : "]")) return false;
    cursor = ahead;
    return true;
}

// "name+0x12/0x34 [module] file.c:12"
std::optional<model::Frame> take_symbol(Cursor& cursor) {
    cursor.skip_blanks();
    const auto name = cursor.take_while(is_name_char);
    if (!looks_like_name(name) || !cursor.take("+0x")) return std::nullopt;
    model::Frame frame;
    const auto offset = cursor.take_hex();
    if (!offset) return std::nullopt;
    frame.function = std::string(name);
    frame.offset = *offset;
    if (cursor.take('/'))
        if (const auto size = cursor.take_hex()) frame.size = *size;
    take_module(cursor, frame);
    if (take_source(cursor, frame)) take_module(cursor, frame);
    return frame;
}

// What may follow a frame on its line: "(unreliable)", "(P)", "from [<...>] (...)".
bool may_follow(std::string_view rest) {
    rest = trim(rest);
    return rest.empty() || rest.front() == '(' || rest.starts_with("from ");
}

// "name file.c:12 [inline]": a call that the compiler folded into the next frame
std::optional<model::Frame> parse_inline(std::string_view text) {
    Cursor cursor(text);
    model::Frame frame;
    const auto name = cursor.take_while(is_name_char);
    if (!looks_like_name(name) || !take_source(cursor, frame)) return std::nullopt;
    cursor.skip_blanks();
    if (!cursor.take("[inline]")) return std::nullopt;
    frame.function = std::string(name);
    return frame;
}

// "(name) from [<80012346>] (caller+0x12/0x34)": arm prints each function twice, once as callee and
// once as caller with its offset; the caller is the frame.
std::optional<model::Frame> parse_arm(Cursor cursor) {
    cursor.skip_blanks();
    if (!cursor.take("(")) return std::nullopt;
    std::string_view inside = cursor.take_while([](char c) { return c != ')'; });
    if (!cursor.take(")")) return std::nullopt;
    cursor.skip_blanks();
    if (cursor.take("from ")) {
        take_address(cursor);
        cursor.skip_blanks();
        if (!cursor.take("(")) return parse_symbol(cursor.rest());
        inside = cursor.take_while([](char c) { return c != ')'; });
    }
    return parse_symbol(inside);
}

}  // namespace

std::optional<model::Frame> parse_symbol(std::string_view text) {
    Cursor cursor(text);
    return take_symbol(cursor);
}

std::optional<model::Frame> parse_frame(std::string_view text) {
    // No frame is without one of these marks; most lines end here.
    if (!contains(text, "+0x") && !contains(text, "[inline]") && !contains(text, ") from "))
        return std::nullopt;
    Cursor cursor(text);
    while (take_address(cursor)) {
    }
    cursor.skip_blanks();
    const bool certain = !cursor.take("? ");
    Cursor plain = cursor;
    auto frame = take_symbol(plain);
    if (frame && !may_follow(plain.rest())) return std::nullopt;
    if (!frame) frame = parse_inline(trim_left(cursor.rest()));
    if (!frame) frame = parse_arm(cursor);
    if (frame) frame->certain = certain;
    return frame;
}

std::string base_name(std::string_view function) {
    if (function.find('.') == std::string_view::npos) return std::string(function);
    for (const std::string_view suffix : {".isra.", ".constprop.", ".part.", ".cold", ".llvm.",
                                          ".lto_priv.", ".rust_", ".__uniq."}) {
        const auto at = function.find(suffix);
        if (at != std::string_view::npos && at > 0) function = function.substr(0, at);
    }
    return std::string(function);
}

}  // namespace krepro::report
