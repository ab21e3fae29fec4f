// SPDX-License-Identifier: Apache-2.0
// Says what the rebuild planner makes of a header's change, by hand:
//   plan_tool SOURCE OBJECTS PATH OTHER-FORM [PATH OTHER-FORM ...]
// OTHER-FORM is a file with the header's text as it was. Reads only.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "build/rebuild_plan.hpp"
#include "util/files.hpp"

int main(int argc, char** argv) {
    if (argc < 5 || argc % 2 == 0) {
        fmt::print(stderr, "usage: plan_tool SOURCE OBJECTS PATH OTHER-FORM ...\n");
        return 64;
    }
    krepro::build::PlanRequest request{argv[1], argv[2], {}};
    for (int i = 3; i + 1 < argc; i += 2) {
        const auto text = krepro::util::read_file(argv[i + 1]);
        if (!text) {
            fmt::print(stderr, "{}\n", text.error().to_string());
            return 2;
        }
        request.changed.push_back({argv[i], *text, true, true});
    }
    const auto plan = krepro::build::plan_rebuild(request);
    fmt::print("{}\ndependents {} selected {} skipped {} in {:.2f} s\nnames: {}\nselected: {}\n",
               plan.hard.empty() ? "soft" : "hard: " + plan.hard, plan.dependents,
               plan.selected.size(), plan.skipped.size(), plan.seconds,
               fmt::join(plan.changed, " "), fmt::join(plan.selected, " "));
    return plan.hard.empty() ? 0 : 1;
}
