// SPDX-License-Identifier: Apache-2.0
// Any bytes are a console. Whatever they are: the reports do not depend on how the bytes were cut
// into chunks, they are bounded, and their JSON is JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string_view>
#include <vector>

#include "report/assembler.hpp"
#include "report/prefilter.hpp"
#include "report/scanner.hpp"

using namespace krepro;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

std::vector<model::Report> scan(std::string_view console, std::size_t chunk) {
    report::Scanner scanner(report::Notices::kept);
    std::vector<model::Report> all;
    const auto add = [&all](std::vector<model::Report> more) {
        all.insert(all.end(), std::make_move_iterator(more.begin()),
                   std::make_move_iterator(more.end()));
    };
    for (std::size_t at = 0; at < console.size(); at += chunk)
        add(scanner.feed(console.substr(at, chunk)));
    add(scanner.flush());
    require(!scanner.pending());
    return all;
}

void check(const model::Report& report, std::string_view console) {
    require(report.text.size() <= report::Assembler::k_max_text + report::Assembler::k_max_lines);
    require(report.first_byte <= report.end_byte && report.end_byte <= console.size());
    require(report.first_line <= report.end_line);
    const auto json = model::parse_json(report::dump_report_json(report));
    require(json.has_value());
    require(model::from_json<model::Report>(*json).has_value());
    const model::Match self = report::compare(report, report);
    require(self.score >= 0 && self.score <= 1.001);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const std::string_view console = bytes.substr(1);
    const auto whole = scan(console, console.size() + 1);
    require(whole == scan(console, 1 + data[0]));
    for (const model::Report& report : whole) check(report, console);
    require(report::find_anchor(console) == report::find_anchor_portably(console));
    check(report::parse_expected(console), console);
    return 0;
}
