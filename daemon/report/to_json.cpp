// SPDX-License-Identifier: Apache-2.0
#include "report/to_json.hpp"

namespace krepro::report {

model::Json to_parse_json(const std::vector<model::Report>& reports) {
    model::Json json = model::Json::object();
    json["reports"] = model::to_json(reports);
    return json;
}

}  // namespace krepro::report
