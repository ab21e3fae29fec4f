// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/json.hpp"

namespace krepro::model {

// What a token lets its holder do; each may do what the ones before it may.
enum class Role {
    read,    // see everything
    submit,  // queue jobs, and cancel its own
    admin,   // cancel and delete anybody's
};

template <>
struct EnumNames<Role> {
    static constexpr std::array k_names{std::pair{Role::read, "read"},
                                        std::pair{Role::submit, "submit"},
                                        std::pair{Role::admin, "admin"}};
};

// A token as it is kept: its secret is not.
struct Token {
    std::int64_t id = 0;
    std::string name;  // whose it is
    Role role = Role::read;
    std::string created_at;
    std::optional<std::string> revoked_at;

    bool operator==(const Token&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("id", &Token::id), field("name", &Token::name),
                               field("role", &Token::role), field("created_at", &Token::created_at),
                               field("revoked_at", &Token::revoked_at));
    }
};

}  // namespace krepro::model
