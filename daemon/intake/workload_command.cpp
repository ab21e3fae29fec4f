// SPDX-License-Identifier: Apache-2.0
#include "intake/workload_command.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "intake/text.hpp"

namespace krepro::intake {
namespace {

// Unquoted, these mean something to the shell beyond the end of a word.
constexpr std::string_view k_shell_specials = "|&;<>()$`\\*?[]{}~#!\n";
constexpr std::size_t k_most_words = 512;  // stressors() compares every flag with every other
constexpr std::string_view k_plain_punctuation = "-_=./:,+@%^";

// Flags with a number that is no count of stressors.
constexpr std::array<std::string_view, 16> k_general_flags{
    "timeout", "backoff", "all",    "parallel",    "sequential",   "random", "seed", "max-fd",
    "mbind",   "taskset", "status", "timer-slack", "ionice-level", "sched",  "job",  "class"};

struct ShortFlag {
    char letter;
    std::string_view name;
};
constexpr std::array k_short_flags{
    ShortFlag{'t', "timeout"},   ShortFlag{'b', "backoff"}, ShortFlag{'a', "all"},
    ShortFlag{'r', "random"},    ShortFlag{'j', "job"},     ShortFlag{'c', "cpu"},
    ShortFlag{'i', "io"},        ShortFlag{'m', "vm"},      ShortFlag{'d', "hdd"},
    ShortFlag{'f', "fork"},      ShortFlag{'s', "switch"},  ShortFlag{'p', "pipe"},
    ShortFlag{'P', "poll"},      ShortFlag{'S', "sock"},    ShortFlag{'T', "timer"},
    ShortFlag{'y', "yield"},     ShortFlag{'C', "cache"},   ShortFlag{'D', "dentry"},
    ShortFlag{'F', "fallocate"}, ShortFlag{'R', "rename"},  ShortFlag{'B', "bigheap"}};

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

bool is_plain(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           k_plain_punctuation.find(c) != std::string_view::npos;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

// Takes a quoted part from the front of `rest`; empty when it does not end or is no literal.
std::optional<std::string_view> take_quoted(std::string_view& rest) {
    const char quote = rest.front();
    const auto end = rest.find(quote, 1);
    if (end == std::string_view::npos) return std::nullopt;
    const auto inner = rest.substr(1, end - 1);
    if (quote == '"' && inner.find_first_of("$`\\") != std::string_view::npos) return std::nullopt;
    rest.remove_prefix(end + 1);
    return inner;
}

// Takes one word from the front of `rest`, which begins with no blank.
std::optional<std::string> take_word(std::string_view& rest) {
    std::string word;
    while (!rest.empty() && !is_blank(rest.front())) {
        const char c = rest.front();
        if (c == '\'' || c == '"') {
            const auto inner = take_quoted(rest);
            if (!inner) return std::nullopt;
            word += *inner;
            continue;
        }
        if (k_shell_specials.find(c) != std::string_view::npos) return std::nullopt;
        word += c;
        rest.remove_prefix(1);
    }
    return word;
}

std::string quoted(const std::string& word) {
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return word;
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

std::string_view base_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

// A value may be negative: `--cpu -1` means "all CPUs online".
bool is_flag(std::string_view word) {
    return word.size() > 1 && word[0] == '-' && !is_digit(word[1]);
}

std::string_view short_name(const std::string& letter) {
    for (const auto& flag : k_short_flags)
        if (letter[0] == flag.letter) return flag.name;
    return letter;
}

bool is_general(std::string_view name) {
    return name.starts_with("sched-") ||
           std::find(k_general_flags.begin(), k_general_flags.end(), name) != k_general_flags.end();
}

double unit_seconds(char unit) {
    switch (unit) {
        case 's':
            return 1;
        case 'm':
            return 60;
        case 'h':
            return 3600;
        case 'd':
            return 86400;
        case 'y':
            return 31556926;
        default:
            return 0;
    }
}

}  // namespace

std::optional<std::vector<std::string>> shell_words(std::string_view line) {
    std::vector<std::string> words;
    for (;;) {
        while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
        if (line.empty()) return words;
        auto word = take_word(line);
        if (!word) return std::nullopt;
        words.push_back(std::move(*word));
    }
}

StressCommand::Option StressCommand::read_option(const std::string& word) {
    if (word.starts_with("--")) {
        const auto equals = word.find('=');
        Option option{word.substr(0, equals), "", std::nullopt, Spelling::apart};
        option.name = option.flag.substr(2);
        if (equals != std::string::npos) {
            option.value = word.substr(equals + 1);
            option.spelling = Spelling::equals;
        }
        return option;
    }
    Option option{word, std::string(short_name(word.substr(1))), std::nullopt, Spelling::apart};
    if (word.size() > 2 && is_digit(word[2])) {
        option.flag = word.substr(0, 2);
        option.value = word.substr(2);
        option.spelling = Spelling::glued;
    }
    return option;
}

std::optional<StressCommand> StressCommand::parse(std::string_view line) {
    const auto words = shell_words(line);
    if (!words || words->size() > k_most_words) return std::nullopt;
    StressCommand command;
    auto word = words->begin();
    if (word != words->end() && *word == "sudo") {
        command.had_sudo_ = true;
        ++word;
    }
    if (word == words->end() || base_name(*word) != "stress-ng") return std::nullopt;
    command.program_ = *word++;
    for (; word != words->end(); ++word) {
        if (is_flag(*word)) {
            command.options_.push_back(read_option(*word));
            continue;
        }
        if (command.options_.empty() || command.options_.back().value) return std::nullopt;
        command.options_.back().value = *word;
    }
    return command;
}

std::optional<std::string> StressCommand::value(std::string_view name) const {
    std::optional<std::string> found;
    for (const auto& option : options_)
        if (option.name == name && option.value) found = option.value;
    return found;
}

bool StressCommand::has(std::string_view name) const {
    return std::any_of(options_.begin(), options_.end(),
                       [&](const Option& option) { return option.name == name; });
}

void StressCommand::add(std::string_view name) {
    options_.push_back(
        {"--" + std::string(name), std::string(name), std::nullopt, Spelling::apart});
}

std::string StressCommand::spelled(std::string_view name) const {
    for (const auto& option : options_)
        if (option.name == name) return option.flag;
    return "--" + std::string(name);
}

std::optional<std::int64_t> StressCommand::integer(std::string_view name) const {
    const auto text = value(name);
    return text ? parse_number<std::int64_t>(*text) : std::nullopt;
}

std::optional<double> StressCommand::timeout_s() const {
    const auto text = value("timeout");
    if (!text || text->empty()) return std::nullopt;
    std::string_view digits = *text;
    double unit = 1;
    if (!is_digit(digits.back())) {
        unit = unit_seconds(digits.back());
        digits.remove_suffix(1);
    }
    const auto number = parse_number<std::uint32_t>(digits);
    if (!number || unit == 0) return std::nullopt;
    return *number * unit;
}

std::vector<Stressor> StressCommand::stressors() const {
    std::vector<Stressor> found;
    for (const auto& option : options_) {
        const auto count = option.value ? parse_number<int>(*option.value) : std::nullopt;
        if (!count || is_general(option.name)) continue;
        // `--fork-max 8` beside `--fork 4` is a parameter of the stressor.
        const bool is_parameter = std::any_of(options_.begin(), options_.end(), [&](const auto& o) {
            return option.name.starts_with(o.name + "-");
        });
        if (!is_parameter) found.push_back({option.name, option.flag, *count});
    }
    return found;
}

void StressCommand::set(std::string_view name, const std::string& value) {
    bool replaced = false;
    for (auto& option : options_) {
        if (option.name != name) continue;
        option.value = value;
        replaced = true;
    }
    if (!replaced) options_.push_back({spelled(name), std::string(name), value, Spelling::apart});
}

std::string StressCommand::text() const {
    std::string line = quoted(program_);
    for (const auto& option : options_) {
        line += ' ' + option.flag;
        if (!option.value) continue;
        if (option.spelling == Spelling::apart) line += ' ';
        if (option.spelling == Spelling::equals) line += '=';
        line += quoted(*option.value);
    }
    return line;
}

}  // namespace krepro::intake
