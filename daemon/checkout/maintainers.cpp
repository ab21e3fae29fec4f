// SPDX-License-Identifier: Apache-2.0
#include "checkout/maintainers.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "checkout/text.hpp"

namespace krepro::checkout {

using model::Contact;

namespace {

// "F:\tkernel/sched/"
bool is_entry(std::string_view line) {
    return line.size() >= 2 && line[0] >= 'A' && line[0] <= 'Z' && line[1] == ':';
}

// "linux-rt-users@vger.kernel.org (moderated for non-subscribers)" without its remark.
std::string first_word(std::string_view text) {
    return std::string(text.substr(0, text.find_first_of(" \t")));
}

// "Juri Lelli <juri@example.org> (SCHED_DEADLINE)" without its remark.
std::string without_remark(std::string_view text) {
    const auto end = text.find('>');
    return std::string(end == std::string_view::npos ? text : text.substr(0, end + 1));
}

void add_entry(Section& section, char type, std::string_view value) {
    switch (type) {
        case 'M':
            section.contacts.push_back({without_remark(value), "maintainer"});
            break;
        case 'R':
            section.contacts.push_back({without_remark(value), "reviewer"});
            break;
        case 'L':
            // A list that only its subscribers may write to is none to write to.
            if (value.find("subscribers-only") == std::string_view::npos)
                section.contacts.push_back({first_word(value), "list"});
            break;
        case 'S':
            section.status = value;
            break;
        case 'F':
            section.files.emplace_back(value);
            break;
        case 'X':
            section.excluded.emplace_back(value);
            break;
        default:
            break;
    }
}

// Whether `text` begins with what the pattern says.
bool begins_with_glob(std::string_view text, std::string_view pattern) {
    std::size_t at = 0;
    std::size_t p = 0;
    std::optional<std::pair<std::size_t, std::size_t>> star;  // where to go on trying
    while (p < pattern.size()) {
        if (pattern[p] == '*') {
            star.emplace(at, ++p);
        } else if (at < text.size() && (pattern[p] == '?' || pattern[p] == text[at])) {
            ++at;
            ++p;
        } else if (star && star->first < text.size()) {
            at = ++star->first;
            p = star->second;
        } else {
            return false;
        }
    }
    return true;
}

auto slashes(std::string_view text) {
    return std::count(text.begin(), text.end(), '/');
}

// Whether a pattern without a slash at its end names a folder above the file.
bool is_folder_above(std::string_view pattern, std::string_view file) {
    return file.size() > pattern.size() && file.starts_with(pattern) && file[pattern.size()] == '/';
}

// How close a pattern that takes the file is: the levels it names.
long depth_of(std::string_view pattern, std::string_view file) {
    if (pattern.starts_with('*')) return -1;
    const bool whole = pattern.ends_with('/') ? false : !is_folder_above(pattern, file);
    const bool adds_slash = !pattern.ends_with('/') && !whole;
    return slashes(pattern) + (whole ? 1 : 0) + (adds_slash ? 1 : 0);
}

std::optional<long> depth_in(const Section& section, std::string_view file) {
    const auto takes = [&](const std::string& pattern) { return takes_file(pattern, file); };
    if (std::any_of(section.excluded.begin(), section.excluded.end(), takes)) return std::nullopt;
    // As in get_maintainer.pl the last pattern that takes the file counts.
    std::optional<long> depth;
    for (const auto& pattern : section.files)
        if (takes(pattern)) depth = depth_of(pattern, file);
    return depth;
}

bool is_for_everything(const Section& section) {
    return std::find(section.files.begin(), section.files.end(), "*/") != section.files.end();
}

}  // namespace

bool takes_file(std::string_view pattern, std::string_view file) {
    if (pattern.empty()) return false;
    if (pattern.ends_with('/')) return begins_with_glob(file, pattern);
    if (is_folder_above(pattern, file)) return true;
    return slashes(pattern) == slashes(file) && begins_with_glob(file, pattern);
}

Maintainers Maintainers::parse(std::string_view text) {
    Maintainers all;
    std::string name;
    bool open = false;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (is_entry(line)) {
            if (!open) all.sections_.emplace_back().name = name;
            open = true;
            add_entry(all.sections_.back(), line[0], trimmed(line.substr(2)));
        } else if (const auto words = trimmed(line); !words.empty() && words.front() != '#') {
            name = words;
            open = false;
        }
    }
    return all;
}

std::vector<const Section*> Maintainers::sections_of(std::string_view file) const {
    std::vector<std::pair<long, const Section*>> found;
    for (const auto& section : sections_)
        if (const auto depth = depth_in(section, file)) found.emplace_back(*depth, &section);
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<const Section*> sections;
    for (const auto& [depth, section] : found) sections.push_back(section);
    return sections;
}

Care Maintainers::care_of(std::string_view file) const {
    const auto sections = sections_of(file);
    Care care;
    if (sections.empty()) return care;
    care.subsystem = sections.front()->name;
    std::set<std::string> named;
    std::vector<Contact> lists;
    for (const auto* section : sections) {
        const bool only_lists = section != sections.front() && is_for_everything(*section);
        for (const auto& contact : section->contacts) {
            const bool list = contact.role == "list";
            if ((only_lists && !list) || !named.insert(contact.address).second) continue;
            (list ? lists : care.contacts).push_back(contact);
        }
    }
    care.contacts.insert(care.contacts.end(), lists.begin(), lists.end());
    return care;
}

}  // namespace krepro::checkout
