// SPDX-License-Identifier: Apache-2.0
#include "checkout/apt_sources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <sstream>
#include <utility>

#include "checkout/text.hpp"
#include "util/files.hpp"

namespace krepro::checkout {

namespace fs = std::filesystem;

namespace {

std::string lower(std::string text) {
    for (auto& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    return words;
}

bool has_word(const std::string& text, std::string_view wanted) {
    const auto words = words_of(text);
    return std::find(words.begin(), words.end(), wanted) != words.end();
}

// A stanza while it is read.
struct Stanza {
    AptSource source;
    bool enabled = true;
    std::string* folded = nullptr;  // the field that continuation lines belong to
};

void read_field(Stanza& stanza, const std::string& line) {
    const auto colon = line.find(':');
    stanza.folded = nullptr;
    if (colon == std::string::npos) return;
    const auto name = lower(std::string(trimmed(line.substr(0, colon))));
    const std::string value(trimmed(line.substr(colon + 1)));
    const std::pair<std::string_view, std::string*> fields[] = {
        {"uris", &stanza.source.uris},
        {"suites", &stanza.source.suites},
        {"components", &stanza.source.components},
        {"signed-by", &stanza.source.signed_by}};
    for (const auto& [key, field] : fields) {
        if (name != key) continue;
        *field = value;
        stanza.folded = field;
    }
    const auto said = lower(value);
    if (name == "enabled") stanza.enabled = said != "no" && said != "false" && said != "0";
}

// The value of an option of a one-line entry: "[arch=amd64 signed-by=/x]".
std::string option(const std::string& options, std::string_view name) {
    for (const auto& word : words_of(options))
        if (word.starts_with(std::string(name) + "=")) return word.substr(name.size() + 1);
    return {};
}

bool is_own_suite(const std::string& suite, std::string_view codename) {
    const std::string code(codename);
    for (const std::string tail : {"", "-updates", "-security", "/updates", "-backports"})
        if (suite == code + tail) return true;
    return false;
}

}  // namespace

std::vector<AptSource> parse_deb822(std::string_view text) {
    std::vector<AptSource> sources;
    Stanza stanza;
    std::istringstream stream{std::string(text) + "\n\n"};
    for (std::string line; std::getline(stream, line);) {
        if (line.starts_with('#')) continue;
        if (trimmed(line).empty()) {
            if (stanza.enabled && !stanza.source.uris.empty()) sources.push_back(stanza.source);
            stanza = {};
        } else if (line.front() == ' ' || line.front() == '\t') {
            // An embedded key keeps its lines; lists are words either way.
            if (stanza.folded != nullptr) stanza.folded->append("\n ").append(trimmed(line));
        } else {
            read_field(stanza, line);
        }
    }
    return sources;
}

std::vector<AptSource> parse_one_line(std::string_view text) {
    std::vector<AptSource> sources;
    std::istringstream stream{std::string(text)};
    for (std::string line; std::getline(stream, line);) {
        line = trimmed(line.substr(0, line.find('#')));
        if (!line.starts_with("deb ") && !line.starts_with("deb-src ")) continue;
        line = trimmed(line.substr(line.find(' ')));
        AptSource source;
        if (line.starts_with('[')) {
            const auto end = line.find(']');
            if (end == std::string::npos) continue;
            source.signed_by = option(line.substr(1, end - 1), "signed-by");
            line = trimmed(line.substr(end + 1));
        }
        const auto words = words_of(line);
        if (words.size() < 3) continue;
        source.uris = words[0];
        source.suites = words[1];
        for (std::size_t i = 2; i < words.size(); ++i)
            source.components += (i == 2 ? "" : " ") + words[i];
        if (std::find(sources.begin(), sources.end(), source) == sources.end())
            sources.push_back(source);
    }
    return sources;
}

std::vector<AptSource> own_archives(const std::vector<AptSource>& sources,
                                    std::string_view codename) {
    std::vector<AptSource> own;
    for (auto source : sources) {
        std::string suites;
        for (const auto& suite : words_of(source.suites))
            if (is_own_suite(suite, codename)) suites += (suites.empty() ? "" : " ") + suite;
        const bool path = source.signed_by.starts_with('/');
        const bool foreign_key =
            path && source.signed_by.find("debian-archive") == std::string::npos;
        if (suites.empty() || foreign_key || !has_word(source.components, "main")) continue;
        source.suites = suites;
        own.push_back(std::move(source));
    }
    return own;
}

std::string write_deb822(const std::vector<AptSource>& sources, std::string_view type) {
    std::string text;
    for (const auto& source : sources) {
        text += fmt::format("Types: {}\nURIs: {}\nSuites: {}\nComponents: main\n", type,
                            source.uris, source.suites);
        if (!source.signed_by.empty()) text += fmt::format("Signed-By: {}\n", source.signed_by);
        text += '\n';
    }
    return text;
}

std::vector<AptSource> machine_sources() {
    std::vector<fs::path> files{"/etc/apt/sources.list"};
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/etc/apt/sources.list.d", ignored))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<AptSource> all;
    for (const auto& file : files) {
        const auto extension = file.extension();
        if (extension != ".list" && extension != ".sources") continue;
        const auto text = util::read_file(file, 1 << 20);
        if (!text) continue;
        for (auto& source : extension == ".list" ? parse_one_line(*text) : parse_deb822(*text))
            all.push_back(std::move(source));
    }
    return all;
}

std::string machine_codename() {
    const auto text = util::read_file("/etc/os-release", 1 << 20);
    std::istringstream stream{text.value_or("")};
    for (std::string line; std::getline(stream, line);)
        if (line.starts_with("VERSION_CODENAME=")) return std::string(trimmed(line.substr(17)));
    return {};
}

bool older_version(std::string_view a, std::string_view b) {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    // "~" sorts before the end of the version, everything else after it.
    const auto order = [](std::string_view text) {
        if (text.empty()) return 0;
        return text.front() == '~' ? -1
                                   : static_cast<int>(static_cast<unsigned char>(text.front()));
    };
    while (!a.empty() || !b.empty()) {
        if (!a.empty() && !b.empty() && digit(a.front()) && digit(b.front())) {
            const auto number = [&](std::string_view& text) {
                std::size_t end = 0;
                while (end < text.size() && digit(text[end])) ++end;
                auto value = text.substr(0, end);
                text.remove_prefix(end);
                value.remove_prefix(std::min(value.find_first_not_of('0'), value.size()));
                return value;
            };
            const auto x = number(a);
            const auto y = number(b);
            if (x != y) return x.size() != y.size() ? x.size() < y.size() : x < y;
            continue;
        }
        if (order(a) != order(b)) return order(a) < order(b);
        a.remove_prefix(1);
        b.remove_prefix(1);
    }
    return false;
}

}  // namespace krepro::checkout
