// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "util/printable.hpp"
#include "util/result.hpp"

namespace krepro::cli {

enum class Style { plain, bold, dim, good, bad, warn };

using util::printable;

// "[=====>    ] 312 of 1108"; without a bar when the total is not known.
[[nodiscard]] std::string progress_bar(double done, double total, int width);

// Standard output and error. Knows whether a person looks, and at what: colour and moving lines
// are for terminals only, and colour not when NO_COLOR is set.
class Terminal {
  public:
    static Terminal of_process();
    struct Abilities {
        bool out_colour = false;
        bool err_colour = false;
        bool err_moves = false;  // a line can be written over
        int width = 80;
    };
    explicit Terminal(Abilities abilities) : abilities_(abilities) {}
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    // A result, on standard output.
    void print(std::string_view text);
    // A line on standard error; what goes on is shown above the status line.
    void note(std::string_view line);
    // What happens right now: written over on a terminal, not written elsewhere.
    void status(std::string_view line);
    void error(const util::Error& error);

    [[nodiscard]] std::string paint(Style style, std::string_view text) const;

  private:
    void clear_status();

    Abilities abilities_;
    bool status_shown_ = false;
};

}  // namespace krepro::cli
