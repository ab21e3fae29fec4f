// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/build.hpp"
#include "model/json.hpp"

namespace krepro::model {

// What a job would meet, told before it is submitted.

enum class TreeState {
    takes,        // in the direction that is named
    refuses,      // in both
    trying,       // it is being found out: ask again
    not_fetched,  // its files are not on this machine, and nothing is fetched to answer
    failed,       // it could not be tried
};

template <>
struct EnumNames<TreeState> {
    static constexpr std::array k_names{
        std::pair{TreeState::takes, "takes"}, std::pair{TreeState::refuses, "refuses"},
        std::pair{TreeState::trying, "trying"}, std::pair{TreeState::not_fetched, "not_fetched"},
        std::pair{TreeState::failed, "failed"}};
};

// What one tree says to a patch.
struct TreeAnswer {
    std::string tree;
    TreeState state = TreeState::trying;
    std::optional<Direction> direction;  // nothing: it does not take the patch, as far as is known
    std::string why;                     // it does not; empty when it does

    bool operator==(const TreeAnswer&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("tree", &TreeAnswer::tree), field("state", &TreeAnswer::state),
                               field("direction", &TreeAnswer::direction),
                               field("why", &TreeAnswer::why));
    }
};

enum class Basis {
    record,   // what earlier jobs of this machine took
    assumed,  // nothing like it is on record
};

template <>
struct EnumNames<Basis> {
    static constexpr std::array k_names{std::pair{Basis::record, "record"},
                                        std::pair{Basis::assumed, "assumed"}};
};

struct EstimatePart {
    std::string name;  // "fetch", "unpatched build", "patched build", "trials"
    double seconds = 0;
    Basis basis = Basis::assumed;
    std::string why;  // one sentence: what the seconds are made of

    bool operator==(const EstimatePart&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("name", &EstimatePart::name), field("seconds", &EstimatePart::seconds),
            field("basis", &EstimatePart::basis), field("why", &EstimatePart::why));
    }
};

// How long a job may take.
struct Estimate {
    std::string tree;    // that it is for
    double seconds = 0;  // its parts together
    double most_s = 0;   // when the trials use up their budget
    std::vector<EstimatePart> parts;

    bool operator==(const Estimate&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("tree", &Estimate::tree), field("seconds", &Estimate::seconds),
                               field("most_s", &Estimate::most_s),
                               field("parts", &Estimate::parts));
    }
};

// All of it, beside what intake understood.
struct Prospect {
    std::vector<TreeAnswer> trees;
    std::optional<Estimate> estimate;
};

}  // namespace krepro::model
