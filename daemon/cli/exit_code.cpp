// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.hpp"

namespace krepro::cli {

int exit_code(model::VerdictKind verdict) {
    switch (verdict) {
        case model::VerdictKind::fixed:
            return 0;
        case model::VerdictKind::not_fixed:
        case model::VerdictKind::reproduced:
        case model::VerdictKind::regression:
        case model::VerdictKind::fixed_new_splat:
            return 1;
        case model::VerdictKind::error:
            return k_exit_infrastructure;
        case model::VerdictKind::not_reproduced:
            return 3;
        case model::VerdictKind::inconclusive:
            return 4;
    }
    return k_exit_infrastructure;
}

int exit_code(const util::Error& error) {
    switch (error.kind) {
        case util::ErrorKind::invalid_input:
        case util::ErrorKind::not_found:
        case util::ErrorKind::conflict:
        case util::ErrorKind::too_large:
            return k_exit_usage;
        case util::ErrorKind::too_many:
        case util::ErrorKind::unavailable:
        case util::ErrorKind::internal:
            return k_exit_infrastructure;
    }
    return k_exit_infrastructure;
}

}  // namespace krepro::cli
