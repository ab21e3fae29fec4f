// SPDX-License-Identifier: Apache-2.0
// A mail that answers the patch's mail, for a person to read, change and send; krepro sends none.
#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>

#include "exports/format.hpp"
#include "exports/text.hpp"

namespace krepro::exports {

using model::VerdictKind;

namespace {

constexpr std::size_t k_columns = 72;
constexpr std::size_t k_max_trace = 8192;
constexpr std::size_t k_encoded_bytes = 42;  // in one encoded word of at most 75 characters

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string base64(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

// A header's value as RFC 2047 wants it: text of a mail may hold anything, and must not begin a
// header of its own.
std::string header_text(std::string_view text) {
    std::string rest = plain_line(text);
    if (is_ascii(rest)) return rest;
    std::string encoded;
    while (!rest.empty()) {
        auto size = std::min(rest.size(), k_encoded_bytes);
        while (size < rest.size() && (static_cast<unsigned char>(rest[size]) & 0xC0U) == 0x80U)
            --size;
        if (!encoded.empty()) encoded += "\n ";
        encoded += "=?UTF-8?B?" + base64(std::string_view(rest).substr(0, size)) + "?=";
        rest.erase(0, size);
    }
    return encoded;
}

// "Name <address>" with the name encoded where it must be.
std::string header_address(const std::string& author) {
    const auto open = author.rfind('<');
    if (open == std::string::npos || is_ascii(author)) return header_text(author);
    return header_text(author.substr(0, open)) + " " + plain_line(author.substr(open));
}

// Without what could end the brackets.
std::string message_id(const model::Mail& mail) {
    std::string id;
    for (const char c : plain_line(mail.message_id))
        if (c != '<' && c != '>' && c != ' ') id += c;
    return id;
}

std::string headers(const model::Job& job) {
    std::string text;
    if (!job.mail.author.empty()) text += "To: " + header_address(job.mail.author) + "\n";
    text += "Subject: " + header_text("Re: " + job.title) + "\n";
    if (const auto id = message_id(job.mail); !id.empty() && is_ascii(id))
        text += fmt::format("In-Reply-To: <{0}>\nReferences: <{0}>\n", id);
    return text +
           "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
           "Content-Transfer-Encoding: 8bit\n\n";
}

std::string introduction(const model::Job& job) {
    const auto& build = job.unpatched_build;
    const auto release = build ? build->release + ", " : std::string();
    const auto workload =
        job.workload ? fmt::format("the {} workload {}", model::to_string(job.workload->form),
                                   job.workload->name)
                     : std::string("the reproducer");
    const auto* what = job.spec.alone
                           ? ", booted it in VMs and looped"
                           : " without and with this patch, booted both in VMs and looped";
    return wrap(fmt::format("I built the kernel ({}tree {}, profile {}){} {}:", release,
                            job.spec.tree, job.spec.profile, what, workload),
                k_columns);
}

std::string counts(const model::Job& job) {
    const auto& verdict = *job.verdict;
    if (job.spec.alone)
        return wrap(counts_words(verdict.unpatched, verdict.unit), k_columns, "  ", "  ");
    return wrap(counts_words(verdict.unpatched, verdict.unit), k_columns,
                "  unpatched: ", "             ") +
           wrap(counts_words(verdict.patched, verdict.unit), k_columns,
                "  patched:   ", "             ");
}

std::string limits(const model::Verdict& verdict) {
    std::string text;
    for (const auto& limit : verdict.limits) text += wrap(limit, k_columns, "- ", "  ");
    return text.empty() ? "" : "\nWhat this does not say:\n\n" + text;
}

std::string trace(const Evidence& evidence) {
    const auto* example = example_of(evidence);
    if (example == nullptr) return "";
    const auto lead = fmt::format(
        "What the {} kernel printed{}: {}", model::to_string(example->arm),
        example->matches_expected ? ", the trace of the mail" : "", example->report.title);
    return "\n" + wrap(lead, k_columns) + "\n" +
           prefixed(beginning(plain_text(example->report.text), k_max_trace), "  ");
}

// A tag is a person's word: it is offered as a comment, never given.
std::string trailer(VerdictKind kind) {
    std::string tag;
    if (kind == VerdictKind::fixed) tag = "Tested-by: YOUR NAME <YOUR ADDRESS>";
    if (kind == VerdictKind::regression) tag = "Reported-by: YOUR NAME <YOUR ADDRESS>";
    if (tag.empty()) return "";
    return "\nRemove the mark before the next line if you want to give it, or the lines.\n\n# " +
           tag + "\n";
}

}  // namespace

std::string write_reply(const Evidence& evidence, const Maker& maker) {
    const auto& job = evidence.job;
    const auto& verdict = *job.verdict;
    std::string kind(model::to_string(verdict.kind));
    std::replace(kind.begin(), kind.end(), '_', ' ');
    std::string text = headers(job);
    text += introduction(job) + "\n" + counts(job) + "\n";
    text += wrap(fmt::format("Verdict: {}. {}", kind, verdict.sentence), k_columns);
    if (job.problem) text += wrap(job.problem->what, k_columns);
    text += limits(verdict) + trace(evidence) + trailer(verdict.kind);
    return text + "\n-- \nkrepro " + maker.version + "\n";
}

}  // namespace krepro::exports
