// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/report.hpp"
#include "zoo/manifest.hpp"

namespace krepro::zoo {

// Whether the scanner understood what the kernel said of a bug.
struct Finding {
    std::string bug;
    std::string kind;                // as expected
    bool raised = false;             // the driver's line is on the console
    bool recognized = false;         // a report came that is all that the manifest asks for
    std::string title;               // of that report; empty when none came
    std::string syzbot;              // its title there
    std::vector<std::string> wrong;  // what differs from the manifest, a sentence each
    double wall_s = 0;               // of the boot, shared or not
    std::string skipped = {};        // why this kernel cannot show it; empty: it was tried

    bool operator==(const Finding&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            model::field("bug", &Finding::bug), model::field("kind", &Finding::kind),
            model::field("raised", &Finding::raised),
            model::field("recognized", &Finding::recognized),
            model::field("title", &Finding::title), model::field("syzbot", &Finding::syzbot),
            model::field("wrong", &Finding::wrong), model::field("wall_s", &Finding::wall_s),
            model::field("skipped", &Finding::skipped));
    }
};

// The first report of the kind that the manifest names; nullptr when there is none.
const model::Report* report_of(const Bug& bug, std::span<const model::Report> reports);

// Holds the reports of a raised bug against the manifest: kind, function, locks, interrupt, words,
// syzbot's title; and nothing reported beside that and what the manifest allows.
Finding judge(const Bug& bug, std::span<const model::Report> reports);

// Of a bug that is not raised: nothing was wrong, and nothing was proved.
Finding skip(const Bug& bug, std::string why);

}  // namespace krepro::zoo
