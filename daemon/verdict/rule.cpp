// SPDX-License-Identifier: Apache-2.0
//
// The arithmetic of the rule. A bug hits as a Poisson process in exposure, at a rate that nobody
// knows. The exposure to the k-th hit of one arm is then Gamma(k, rate), and the chance that the
// other arm, at the same rate, shows nothing over c times that exposure is (1 + c)^-k, whatever the
// rate. It is alpha for c = alpha^(-1/k) - 1.
#include <algorithm>
#include <cmath>
#include <limits>

#include "verdict/decide.hpp"

namespace krepro::verdict {
namespace {

constexpr double k_highest_confidence = 1 - 1e-9;

double alpha_of(double confidence) {
    if (!(confidence > 0)) return 1;
    return 1 - std::min(confidence, k_highest_confidence);
}

}  // namespace

int hits_needed(double confidence) {
    // 0.95 and its like have no exact double: ln(20) must not become 3.0000001.
    const double hits = std::ceil(-std::log(alpha_of(confidence)) - 1e-9);
    return std::max(1, static_cast<int>(hits));
}

double exposure_needed(double confidence, int k, double hit_exposure) {
    if (!(hit_exposure > 0)) return 0;
    return (std::pow(alpha_of(confidence), -1.0 / std::max(1, k)) - 1) * hit_exposure;
}

double p_of_no_hit(int k, double hit_exposure, double clean_exposure) {
    if (!(hit_exposure > 0) || !(clean_exposure > 0)) return 1;
    return std::pow(hit_exposure / (hit_exposure + clean_exposure), std::max(1, k));
}

double unpatched_share(double confidence, int k) {
    return std::pow(alpha_of(confidence), 1.0 / std::max(1, k));
}

}  // namespace krepro::verdict
