// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "model/report.hpp"
#include "report/to_json.hpp"

namespace krepro::report {

// What to do with remarks that are no bugs ("sched: RT throttling activated"):
// model::Report::notice.
enum class Notices { dropped, kept };

// Finds the reports in a console while it streams. Any chunking gives the same reports. Memory is
// bounded whatever the bytes are.
class Scanner {
  public:
    explicit Scanner(Notices notices = Notices::dropped);
    ~Scanner();
    Scanner(Scanner&&) noexcept;
    Scanner& operator=(Scanner&&) noexcept;

    // Takes the next bytes; returns the reports that are complete now. A report is complete when
    // the console goes on with something else, or another report begins.
    std::vector<model::Report> feed(std::string_view bytes);
    // True while a report has begun whose end was not seen: call flush() when the console has been
    // silent for a while.
    [[nodiscard]] bool pending() const;
    // True while the last line of what is pending is one with which such a report ends: a much
    // shorter silence will do.
    [[nodiscard]] bool looks_complete() const;
    // Ends the report that is pending, if any.
    std::vector<model::Report> flush();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// All reports of a whole console, in its order.
std::vector<model::Report> parse(std::string_view console, Notices notices = Notices::dropped);

// Parses the trace of a mail: lines without console prefix, possibly without a headline. The
// report has at least the frames; `kind` is empty when no headline tells it.
model::Report parse_expected(std::string_view splat);

// Whether the observed report is the expected bug: compares the frames below the detector
// (lockdep, dump_stack and lock-primitive internals left out), tolerant of inlining, offsets,
// .isra/.constprop/.cold, and of another check having complained about the same place.
model::Match compare(const model::Report& expected, const model::Report& observed);

}  // namespace krepro::report
