// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "intake/diff.hpp"
#include "intake/intake.hpp"
#include "intake/log_message.hpp"
#include "intake/mime.hpp"
#include "intake/reproducer.hpp"
#include "intake/splat.hpp"
#include "intake/text.hpp"

namespace krepro::intake {

namespace {

using model::Mail;
using util::ErrorKind;
using util::fail;
using util::Result;

// A mail of this size holds a patch of 10 MiB in base64.
constexpr std::size_t k_most_bytes = 16 << 20;
constexpr std::size_t k_most_mails = 500;

constexpr auto k_send_a_patch = "send a mail, a commit or a diff as text";

Result<void> check_bytes(std::string_view bytes) {
    if (bytes.size() > k_most_bytes)
        return fail(ErrorKind::too_large,
                    fmt::format("the mail has {} bytes, and {} at most can be read", bytes.size(),
                                k_most_bytes),
                    "body", k_send_a_patch);
    if (is_blank(bytes))
        return fail(ErrorKind::invalid_input, "the mail is empty", "body", k_send_a_patch);
    const auto zero = bytes.find('\0');
    if (zero != std::string_view::npos)
        return fail(ErrorKind::invalid_input, "the mail is not text: it has a zero byte",
                    fmt::format("byte {}", zero), k_send_a_patch);
    return {};
}

// A message's body cut into the log and the diff.
struct Halves {
    std::string log;
    Diff diff;  // no files when the mail has no diff
};

Result<Halves> split_body(const std::string& body) {
    const auto lines = split_lines(body);
    const auto first = find_diff(lines);
    Halves halves;
    halves.log = to_valid_utf8(join_lines(lines, 0, first));
    if (first == lines.size()) return halves;
    auto diff = read_diff(lines, first);
    if (!diff) return tl::unexpected(diff.error());
    halves.diff = std::move(*diff);
    return halves;
}

void read_log(const Halves& halves, const Message& message, Mail& mail) {
    auto log = read_log_message(halves.log, message.subject);
    mail.title = std::move(log.title);
    mail.author = log.author.empty() ? message.from : std::move(log.author);
    mail.message = std::move(log.body);
    mail.trailers = std::move(log.trailers);
    std::move(log.notes.begin(), log.notes.end(), std::back_inserter(mail.notes));
    // Reviewers' notes below "---" may hold the trace or the reproducer as well: all is searched.
    const auto lines = split_lines(log.all);
    const auto splat = find_splat(lines, lines.size());
    const auto indent = splat.empty() ? std::string_view{} : indent_of(lines[splat.first]);
    for (auto at = splat.first; at < splat.end; ++at) {
        const auto line = lines[at];
        mail.splat += line.starts_with(indent) ? line.substr(indent.size()) : trim_left(line);
        mail.splat += '\n';
    }
    mail.reproducer = find_reproducer(lines, splat);
}

Result<Mail> read_one(std::string_view text) {
    auto message = read_message(text);
    if (!message) return tl::unexpected(message.error());
    auto halves = split_body(message->body);
    if (!halves) return tl::unexpected(halves.error());
    Mail mail;
    mail.message_id = message->message_id;
    mail.notes = std::move(message->notes);
    read_log(*halves, *message, mail);
    mail.patch = std::move(halves->diff.text);
    mail.files = std::move(halves->diff.files);
    auto& mended = halves->diff.notes;
    std::move(mended.begin(), mended.end(), std::back_inserter(mail.notes));
    if (!message->body.empty() && message->body.back() != '\n' && !mail.files.empty())
        mail.notes.emplace_back("the last line had no line end");
    return mail;
}

// "[PATCH v2 3/7] sched: x" -> 3; nothing when the subject does not say.
std::optional<int> place_in_series(std::string_view mail) {
    const auto message = read_message(mail);
    if (!message) return std::nullopt;
    const std::string_view subject = message->subject;
    const auto open = subject.find('[');
    const auto close = subject.find(']', std::min(open, subject.size()));
    if (open == std::string_view::npos || close == std::string_view::npos) return std::nullopt;
    const auto tag = subject.substr(open, close - open);
    const auto slash = tag.rfind('/');
    if (slash == std::string_view::npos || slash + 1 == tag.size()) return std::nullopt;
    if (!std::all_of(tag.begin() + static_cast<std::ptrdiff_t>(slash) + 1, tag.end(), is_digit))
        return std::nullopt;
    auto first = slash;
    while (first > 0 && is_digit(tag[first - 1])) --first;
    int number = 0;
    const auto [end, code] = std::from_chars(tag.data() + first, tag.data() + slash, number);
    if (code != std::errc() || first == slash) return std::nullopt;
    return number;
}

// The mails of a series in the order of their numbers: an archive may have them as they arrived.
// Those without a number, answers among them, stay behind what they follow.
std::vector<std::string> in_order(std::vector<std::string> mails) {
    std::vector<std::pair<int, std::string>> numbered;
    int last = 0;
    for (auto& mail : mails) {
        if (const auto number = place_in_series(mail)) last = *number;
        numbered.emplace_back(last, std::move(mail));
    }
    std::stable_sort(numbered.begin(), numbered.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::string> ordered;
    for (auto& [number, mail] : numbered) ordered.push_back(std::move(mail));
    return ordered;
}

// A series is one change: the text of its first mail, the patches in their order.
void append(Mail& series, Mail mail) {
    if (series.splat.empty()) series.splat = std::move(mail.splat);
    if (!series.reproducer) series.reproducer = std::move(mail.reproducer);
    series.patch += mail.patch;
    std::move(mail.files.begin(), mail.files.end(), std::back_inserter(series.files));
    std::move(mail.notes.begin(), mail.notes.end(), std::back_inserter(series.notes));
}

Result<Mail> read_series(const std::vector<std::string>& mails) {
    if (mails.size() > k_most_mails)
        return fail(ErrorKind::too_large,
                    fmt::format("the mbox has more than {} mails", k_most_mails), "body",
                    "send the patches that matter");
    Result<Mail> series = read_one(mails.front());
    int patches = 0;
    for (std::size_t i = 1; series && i < mails.size(); ++i) {
        auto mail = read_one(mails[i]);
        if (!mail) return mail;
        patches += mail->files.empty() ? 0 : 1;
        append(*series, std::move(*mail));
    }
    if (series && patches > 0)
        series->notes.push_back(
            fmt::format("a series of {} mails, taken as one change", mails.size()));
    return series;
}

Result<void> check_patch(const Mail& mail) {
    if (mail.files.empty())
        return fail(ErrorKind::invalid_input, "the mail has no diff", "body",
                    "append the diff (git format-patch, git show), starting with \"diff --git\"");
    const auto bad = find_invalid_utf8(mail.patch);
    if (bad == std::string::npos) return {};
    const auto line = std::count(mail.patch.begin(),
                                 mail.patch.begin() + static_cast<std::ptrdiff_t>(bad), '\n') +
                      1;
    return fail(ErrorKind::invalid_input, "the diff has bytes that are not UTF-8",
                fmt::format("line {} of the diff", line), "send the patch as UTF-8");
}

// What a patch does that cannot change a kernel's behaviour, or not obviously so.
void note_oddities(Mail& mail) {
    const auto untouched = [](const model::PatchFile& file) { return file.hunks == 0; };
    if (!std::all_of(mail.files.begin(), mail.files.end(), untouched)) return;
    const auto moved = [](const model::PatchFile& file) { return file.old_path != file.new_path; };
    const auto renames = std::count_if(mail.files.begin(), mail.files.end(), moved);
    mail.notes.push_back(renames > 0 ? fmt::format("changes no line: {} files are renamed or are "
                                                   "empty",
                                                   renames)
                                     : std::string("changes file modes only: both kernels are "
                                                   "likely to be the same"));
}

Result<Mail> read_checked(std::string_view bytes) {
    const auto readable = check_bytes(bytes);
    if (!readable) return tl::unexpected(readable.error());
    return read_series(in_order(split_mbox(bytes)));
}

}  // namespace

Result<Mail> read_story(std::string_view bytes) {
    auto mail = read_checked(bytes);
    if (mail) mail->patch.clear();
    if (mail) mail->files.clear();
    return mail;
}

Result<Mail> read_commit(const Commit& commit) {
    const auto text = to_valid_utf8(commit.message);
    const auto lines = split_lines(commit.diff);
    if (is_blank(commit.diff))
        return fail(ErrorKind::invalid_input, "the commit changes no file", "commit",
                    "name a commit that does");
    auto diff = read_diff(lines, find_diff(lines));
    if (!diff) return tl::unexpected(diff.error());
    Mail mail;
    Message message;
    message.from = to_valid_utf8(commit.author);
    read_log({text, {}}, message, mail);
    mail.patch = std::move(diff->text);
    mail.files = std::move(diff->files);
    mail.notes.insert(mail.notes.end(), diff->notes.begin(), diff->notes.end());
    note_oddities(mail);
    const auto usable = check_patch(mail);
    if (!usable) return tl::unexpected(usable.error());
    if (mail.title.empty()) mail.title = "a commit without a message";
    return mail;
}

std::string write_mail(const Commit& commit) {
    const auto message = to_valid_utf8(commit.message);
    const auto end = std::min(message.find('\n'), message.size());
    return fmt::format("From: {}\nSubject: {}\n\n{}\n---\n{}", to_valid_utf8(commit.author),
                       message.substr(0, end),
                       trim(std::string_view(message).substr(std::min(end + 1, message.size()))),
                       to_valid_utf8(commit.diff));
}

Result<Mail> read_mail(std::string_view bytes) {
    auto mail = read_checked(bytes);
    if (!mail) return mail;
    note_oddities(*mail);
    const auto usable = check_patch(*mail);
    if (!usable) return tl::unexpected(usable.error());
    if (mail->title.empty()) {
        const auto& file = mail->files.front();
        mail->title = "change to " + (file.new_path.empty() ? file.old_path : file.new_path);
        mail->notes.emplace_back("no title: a bare diff");
    }
    return mail;
}

}  // namespace krepro::intake
