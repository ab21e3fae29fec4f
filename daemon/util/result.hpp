// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace krepro::util {

// Who has to act on an error. HTTP and the CLI map this, and nothing else, to a status.
enum class ErrorKind {
    invalid_input,  // the caller's input is wrong; the same request will fail again
    not_found,      // the thing named does not exist
    conflict,       // the thing exists and is not in a state that allows this
    too_large,      // the input is over a limit
    too_many,       // there is too much of it now; the same request may do later
    unavailable,    // a tool, service or source that krepro needs is not there (now)
    internal,       // krepro's own fault
};

// A failure, said in the three parts a person needs: what, where and what to do.
struct Error {
    ErrorKind kind = ErrorKind::internal;
    std::string what;   // one sentence, no trailing period
    std::string where;  // file, field, line, hunk or command; may be empty
    std::string hint;   // what to do about it; may be empty

    bool operator==(const Error&) const = default;

    // "what (where): hint", for logs and terminals.
    [[nodiscard]] std::string to_string() const;
};

template <class T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline auto fail(ErrorKind kind, std::string what, std::string where = {},
                               std::string hint = {}) {
    return tl::unexpected<Error>(Error{kind, std::move(what), std::move(where), std::move(hint)});
}

// A broken environment (no libvirt, full disk, SQL failure). Caught in two places only: around a
// trial (which becomes void and is retried) and around a job (which ends as error).
class InfraError : public std::runtime_error {
  public:
    explicit InfraError(Error error)
        : std::runtime_error(error.to_string()), error_(std::move(error)) {}
    [[nodiscard]] const Error& error() const { return error_; }

  private:
    Error error_;
};

// The value, or InfraError with the error: for callers to whom a failure is a broken environment.
template <class T>
T value_or_throw(Result<T> result) {
    if (!result) throw InfraError(std::move(result.error()));
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace krepro::util
