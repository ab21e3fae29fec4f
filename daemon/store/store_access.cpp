// SPDX-License-Identifier: Apache-2.0
// Who may, and what was asked before: tokens, submissions.

#include <fmt/format.h>
#include <soci.h>

#include <utility>

#include "store/store_impl.hpp"
#include "util/clock.hpp"

namespace krepro::store {

using detail::write_document;
using soci::into;
using soci::use;
using util::ErrorKind;
using util::fail;

namespace {

constexpr auto k_token_columns = "SELECT id, name, role, created_at, COALESCE(revoked_at, '')";

// The columns of a token, bound to a statement.
struct TokenRow {
    long long id = 0;
    std::string name, role, created_at, revoked_at;

    [[nodiscard]] model::Token token() const {
        const auto known = model::enum_from_string<model::Role>(role);
        // A role that this program does not know lets nobody do more than read.
        return {id, name, known.value_or(model::Role::read), created_at,
                revoked_at.empty() ? std::nullopt : std::optional(revoked_at)};
    }
};

std::optional<model::Token> find_token(soci::session& sql, std::int64_t id) {
    TokenRow row;
    const long long key = id;
    sql << k_token_columns << " FROM tokens WHERE id = :id", use(key, "id"), into(row.id),
        into(row.name), into(row.role), into(row.created_at), into(row.revoked_at);
    return sql.got_data() ? std::optional(row.token()) : std::nullopt;
}

}  // namespace

// --- submissions ---

util::Result<Submitted> Store::submit(model::Job job, const Submission& submission) {
    return impl_->guarded([&]() -> util::Result<Submitted> {
        auto& sql = impl_->sql;
        soci::transaction transaction(sql);
        const long long token = submission.token;
        if (!submission.key.empty()) {
            long long earlier = 0;
            std::string fingerprint;
            sql << "SELECT job, fingerprint FROM submissions"
                   " WHERE token = :token AND request_key = :key",
                use(token, "token"), use(submission.key, "key"), into(earlier), into(fingerprint);
            if (sql.got_data() && fingerprint != submission.fingerprint)
                return fail(
                    ErrorKind::conflict,
                    fmt::format("the key was used for job {}, with another request", earlier),
                    "header Idempotency-Key", "use a new key for a new request");
            if (sql.got_data()) return Submitted{*this->job(earlier), true};
        }
        if (submission.most_unfinished > 0 && impl_->unfinished() >= submission.most_unfinished)
            return fail(ErrorKind::too_many,
                        fmt::format("{} jobs wait or run, which is as many as this server takes",
                                    submission.most_unfinished),
                        "queue", "wait until some are done, or cancel some");
        auto stored = impl_->insert_job(std::move(job));
        const long long id = stored.id;
        sql << "INSERT INTO submissions(job, token, request_key, fingerprint)"
               " VALUES (:job, :token, :key, :fingerprint)",
            use(id, "job"), use(token, "token"), use(submission.key, "key"),
            use(submission.fingerprint, "fingerprint");
        transaction.commit();
        return Submitted{std::move(stored), false};
    });
}

std::int64_t Store::owner(std::int64_t job) {
    return impl_->guarded([&]() -> std::int64_t {
        long long token = 0;
        const long long key = job;
        impl_->sql << "SELECT token FROM submissions WHERE job = :job", use(key, "job"),
            into(token);
        return impl_->sql.got_data() ? token : 0;
    });
}

// --- tokens ---

model::Token Store::add_token(model::Token token, const std::string& hash) {
    return impl_->guarded([&] {
        token.created_at = util::now_iso8601();
        token.revoked_at.reset();
        const std::string role(model::to_string(token.role));
        soci::transaction transaction(impl_->sql);
        impl_->sql << "INSERT INTO tokens(name, role, hash, created_at)"
                      " VALUES (:name, :role, :hash, :at)",
            use(token.name, "name"), use(role, "role"), use(hash, "hash"),
            use(token.created_at, "at");
        token.id = impl_->last_id("tokens");
        transaction.commit();
        return std::move(token);
    });
}

std::vector<model::Token> Store::tokens() {
    return impl_->guarded([&] {
        TokenRow row;
        soci::statement rows =
            (impl_->sql.prepare << k_token_columns << " FROM tokens ORDER BY id", into(row.id),
             into(row.name), into(row.role), into(row.created_at), into(row.revoked_at));
        rows.execute();
        std::vector<model::Token> tokens;
        while (rows.fetch()) tokens.push_back(row.token());
        return tokens;
    });
}

util::Result<model::Token> Store::revoke_token(std::int64_t id) {
    return impl_->guarded([&]() -> util::Result<model::Token> {
        const auto where = fmt::format("token {}", id);
        soci::transaction transaction(impl_->sql);
        auto token = find_token(impl_->sql, id);
        if (!token)
            return fail(ErrorKind::not_found, "there is no such token", where,
                        "krepro token list names them");
        if (token->revoked_at)
            return fail(ErrorKind::conflict, "the token is revoked already", where);
        token->revoked_at = util::now_iso8601();
        const long long key = id;
        impl_->sql << "UPDATE tokens SET revoked_at = :at WHERE id = :id",
            use(*token->revoked_at, "at"), use(key, "id");
        transaction.commit();
        return std::move(*token);
    });
}

std::optional<model::Token> Store::token_of(const std::string& hash) {
    return impl_->guarded([&]() -> std::optional<model::Token> {
        TokenRow row;
        impl_->sql << k_token_columns << " FROM tokens WHERE hash = :hash AND revoked_at IS NULL",
            use(hash, "hash"), into(row.id), into(row.name), into(row.role), into(row.created_at),
            into(row.revoked_at);
        return impl_->sql.got_data() ? std::optional(row.token()) : std::nullopt;
    });
}

}  // namespace krepro::store
