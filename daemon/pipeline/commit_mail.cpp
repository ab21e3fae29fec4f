// SPDX-License-Identifier: Apache-2.0
#include "pipeline/commit_mail.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace krepro::pipeline {

namespace asio = boost::asio;
using util::ErrorKind;
using util::Result;

namespace {

std::vector<std::string> trees_at_hand(const checkout::KernelSource& source,
                                       const checkout::TreeBook& trees, const std::string& wanted) {
    if (wanted != checkout::k_auto_tree) return {wanted};
    std::vector<std::string> names;
    for (const auto& tree : util::value_or_throw(trees.all()))
        if (source.is_at_hand(tree.name)) names.push_back(tree.name);
    return names;
}

}  // namespace

intake::Commit commit_of(const checkout::Change& change) {
    return {change.author, change.message, change.diff};
}

Result<model::Mail> mail_of_change(const checkout::Change& change, const model::Mail* story) {
    auto mail = intake::read_commit(commit_of(change));
    if (!mail) return mail;
    if (story != nullptr) {
        auto told = *story;
        told.patch = std::move(mail->patch);
        told.files = std::move(mail->files);
        told.notes.insert(told.notes.end(), mail->notes.begin(), mail->notes.end());
        *mail = std::move(told);
    }
    mail->notes.insert(mail->notes.end(), change.notes.begin(), change.notes.end());
    return mail;
}

asio::awaitable<Result<model::Mail>> commit_at_hand(checkout::KernelSource* source,
                                                    checkout::TreeBook trees, model::JobSpec spec) {
    std::optional<model::Mail> story;
    if (!spec.mail.empty()) {
        auto read = intake::read_story(spec.mail);
        if (!read) co_return read;
        story = std::move(*read);
    }
    Result<checkout::Change> change =
        util::fail(ErrorKind::not_found, "no tree is on this machine", "field tree",
                   "submit it: the job fetches the trees that may have the commit");
    std::string in;
    for (const auto& tree : trees_at_hand(*source, trees, spec.tree)) {
        in = tree;
        change = co_await source->find_at_hand(tree, spec.commit);
        if (change) break;
    }
    if (!change) co_return tl::unexpected(change.error());
    auto mail = mail_of_change(*change, story ? &*story : nullptr);
    // The job fetches first, and a branch may have moved on by then.
    if (mail)
        mail->notes.push_back(fmt::format("{:.12} against {:.12}, as {} was last fetched",
                                          change->after, change->before, in));
    co_return mail;
}

}  // namespace krepro::pipeline
