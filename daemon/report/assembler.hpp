// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "model/report.hpp"
#include "report/families.hpp"
#include "report/line.hpp"
#include "report/scanner.hpp"

namespace krepro::report {

// Puts the lines of a console together to splats, one open splat a caller at most, and decides
// where each ends. Memory is bounded: k_max_open splats of k_max_lines lines.
class Assembler {
  public:
    static constexpr std::size_t k_max_open = 16;
    static constexpr std::size_t k_max_lines = 2000;
    static constexpr std::size_t k_max_text = std::size_t{256} * 1024;
    static constexpr std::size_t k_max_asked = 256;

    explicit Assembler(Notices notices) : notices_(notices) {}

    // Takes the next line; returns the reports that are complete now, in the order of their
    // headlines: one waits for those that began before it.
    std::vector<model::Report> take(const Line& line);
    // Completes every open splat.
    std::vector<model::Report> flush();
    [[nodiscard]] bool pending() const { return !open_.empty() || !held_.empty(); }
    // Whether every open splat has come to the line with which its kind ends.
    [[nodiscard]] bool looks_complete() const;
    // Whether the next line counts whatever it says.
    [[nodiscard]] bool wants_every_line() const { return pending() || attentive_ > 0; }

  private:
    // A line whose text is kept.
    struct Kept {
        std::string text;
        Line line;
    };
    struct Open {
        const Family* family = nullptr;
        std::size_t headline = 0;
        std::deque<Kept> lines;
        std::size_t text_size = 0;
        std::size_t strangers = 0;     // lines in a row that do not belong here
        std::size_t others_since = 0;  // lines of other callers since the last own one
        bool trace_seen = false;
        bool frames_seen = false;
        bool ended = false;  // the kernel said so: "---[ end trace"
        bool cut = false;    // lines of it were left out
    };

    void open(const Line& line, const Family& family, std::vector<model::Report>& done);
    Line as_spoken(const Line& line, const Family* family);
    void read(const Line& printed, std::vector<model::Report>& done);
    void complete_all(std::vector<model::Report>& done);
    std::vector<model::Report> in_order(std::vector<model::Report> done);
    bool take_single(const Line& line, const Family& family, std::vector<model::Report>& done);
    void append(Open& splat, const Line& line);
    static bool is_foreign(const Open& splat, const Line& line);
    static bool has_shown_all(const Open& splat);
    static bool is_led_to(const Open& splat, const Family& family);
    bool goes_on(Open& splat, const Line& line, const Family* family);
    void age(const Line& line, std::vector<model::Report>& done);
    void remember(const Line& line, const Family* family);
    [[nodiscard]] std::vector<const Open*> in_console_order() const;
    static bool is_at_its_end(const Open& splat);
    static void complete(const Open& splat, std::vector<model::Report>& done);

    Notices notices_;
    std::uint64_t boots_ = 0;
    std::map<Caller, Open> open_;
    // CPUs that show their stacks for another's open splat; k_max_asked at most.
    std::map<Caller, Caller> asked_;
    std::vector<model::Report> held_;  // complete, waiting for an earlier one
    std::size_t attentive_ = 0;        // lines behind "cut here" that may be a warning's own words
    std::deque<Kept> recent_;  // the last few lines, which may belong to a splat that begins now
};

}  // namespace krepro::report
