// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "verdict/tally.hpp"

namespace krepro::verdict {

// The verdict in one sentence for people, with its numbers. `verdict` holds the counts already.
[[nodiscard]] std::string sentence_for(const model::Verdict& verdict, const Tally& tally);

// What the verdict does not say.
[[nodiscard]] std::vector<std::string> limits_for(const model::Verdict& verdict,
                                                  const Tally& tally);

// "410 deadline-task exits", "12.5 guest seconds"
[[nodiscard]] std::string exposure_words(double exposure, model::ExposureUnit unit);

}  // namespace krepro::verdict
