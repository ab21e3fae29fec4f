// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace krepro::intake {

// The words of a line that is one simple command; empty when the shell would do more with the
// line than split and unquote it (expansion, redirection, several commands, a background job).
[[nodiscard]] std::optional<std::vector<std::string>> shell_words(std::string_view line);

// A stressor that a command starts and how many of it; 0 or less means "as many as CPUs".
struct Stressor {
    std::string name;  // "mmapfork"
    std::string flag;  // as given: "--mmapfork", "-c"
    int instances = 0;
};

// One stress-ng command line. stress-ng takes no positional arguments, so that a word which does
// not begin with a dash is the value of the flag before it; `--flag=value` and `-t20` are read too.
class StressCommand {
  public:
    // Empty when the line is no simple stress-ng command. A leading `sudo` is dropped.
    static std::optional<StressCommand> parse(std::string_view line);

    [[nodiscard]] bool had_sudo() const { return had_sudo_; }
    // The last value given for a long flag (named without dashes) or its short form.
    [[nodiscard]] std::optional<std::string> value(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const;
    // How the command spells a flag ("-t"); "--NAME" when it is absent.
    [[nodiscard]] std::string spelled(std::string_view name) const;
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name) const;
    // Seconds that -t or --timeout asks for; empty when absent or not understood.
    [[nodiscard]] std::optional<double> timeout_s() const;
    [[nodiscard]] std::vector<Stressor> stressors() const;
    // Replaces the values of a flag, in the form in which it was given; appends it when absent.
    void set(std::string_view name, const std::string& value);
    // Appends a flag without a value.
    void add(std::string_view name);
    // One line for a shell, words separated by one blank.
    [[nodiscard]] std::string text() const;

  private:
    enum class Spelling { apart, equals, glued };
    struct Option {
        std::string flag;  // with its dashes
        std::string name;  // long name without dashes; a short flag's letter when it has none
        std::optional<std::string> value;
        Spelling spelling = Spelling::apart;
    };
    static Option read_option(const std::string& word);

    std::string program_;
    bool had_sudo_ = false;
    std::vector<Option> options_;
};

}  // namespace krepro::intake
