// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/report.hpp"

namespace krepro::checkout {

// One entry of the kernel's MAINTAINERS.
struct Section {
    std::string name;    // "SCHEDULER"
    std::string status;  // "Maintained"
    std::vector<model::Contact> contacts;
    std::vector<std::string> files;     // F: patterns
    std::vector<std::string> excluded;  // X: patterns
};

// Who takes care of a file.
struct Care {
    std::string subsystem;  // the name of the entry that fits closest; empty: none does
    std::vector<model::Contact> contacts;
};

// The kernel's MAINTAINERS, read as scripts/get_maintainer.pl reads it. N: and K: (regular
// expressions over names and contents) are left out: they add people, and never name the entry that
// fits closest where an F: does.
class Maintainers {
  public:
    static Maintainers parse(std::string_view text);

    // The entries whose patterns take the file, the deepest pattern first; entries of the same
    // depth in the order of the text.
    [[nodiscard]] std::vector<const Section*> sections_of(std::string_view file) const;
    // The first of them, and the contacts of all, each once; the whole kernel's own entry
    // ("THE REST") adds only what no other does when there is no other.
    [[nodiscard]] Care care_of(std::string_view file) const;

  private:
    std::vector<Section> sections_;
};

// Whether an F: or X: pattern takes the file: a folder takes all below it, '*' and '?' are the
// shell's within one level.
[[nodiscard]] bool takes_file(std::string_view pattern, std::string_view file);

}  // namespace krepro::checkout
