// SPDX-License-Identifier: Apache-2.0
#include "build/enum_item.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <optional>
#include <system_error>
#include <vector>

namespace krepro::build {

namespace {

using Tokens = std::span<const Token>;

// Whether the values of an enum are known and fit an int without a sign, so that its type is the
// same whatever they are. Names of its own are followed; of conditions, both sides count.
class EnumValues {
  public:
    // One enumerator: its name, and what stands behind the "=".
    void add(std::string_view name, Tokens value, bool conditions) {
        std::optional<long> number = next_;
        if (!value.empty()) number = evaluate(value, conditions);
        plain_ = plain_ && number && *number >= 0 && *number < k_most;
        if (!plain_) return;
        known_[name] = *number;
        next_ = *number + 1;
    }
    [[nodiscard]] bool plain() const { return plain_; }

  private:
    static constexpr long k_most = 1L << 30;

    [[nodiscard]] std::optional<long> evaluate(Tokens value, bool conditions) const {
        auto number = operand(value[0]);
        if (value.size() == 1 || !number) return number;
        const auto second = value.size() == 3 ? operand(value[2]) : std::nullopt;
        if (!second) return std::nullopt;
        if (is_mark(value[1], '+')) return *number + *second;
        // What a name is worth may be less where a condition leaves others out.
        if (is_mark(value[1], '-') && !conditions) return *number - *second;
        return std::nullopt;
    }

    [[nodiscard]] std::optional<long> operand(const Token& token) const {
        if (const auto found = known_.find(token.text); found != known_.end()) return found->second;
        auto digits = token.text;
        const bool hex = digits.starts_with("0x");
        if (hex) digits.remove_prefix(2);
        const bool octal = !hex && digits.size() > 1 && digits.front() == '0';
        long number = 0;
        const auto* end = digits.data() + digits.size();
        const auto [stopped, error] = std::from_chars(digits.data(), end, number, hex ? 16 : 10);
        if (octal || error != std::errc() || stopped != end || number > k_most) return std::nullopt;
        return number;
    }

    std::map<std::string_view, long> known_;
    long next_ = 0;
    bool plain_ = true;
};

// "enum", its name when it has one, and nothing else: attributes may change what it is.
bool is_plain_head(Tokens head) {
    if (head.empty() || head.front().text != "enum" || head.size() > 2) return false;
    return head.size() == 1 || head[1].kind == TokenKind::word;
}

std::vector<Token> without_directives(Tokens tokens) {
    std::vector<Token> rest;
    std::copy_if(tokens.begin(), tokens.end(), std::back_inserter(rest),
                 [](const Token& token) { return !token.directive; });
    return rest;
}

// Where the mark stands next that is in no bracket; the end otherwise.
std::size_t next_mark(Tokens tokens, char c, std::size_t from) {
    int depth = 0;
    for (; from < tokens.size(); depth += depth_step(tokens[from++]))
        if (depth == 0 && is_mark(tokens[from], c)) break;
    return from;
}

// The enumerators between the braces: their names into the item, their values into `values`.
void read_enumerators(Tokens body, bool conditions, Words& words, Item& item, EnumValues& values) {
    std::size_t at = 0;
    while (at < body.size()) {
        const auto end = next_mark(body, ',', at);
        const auto one = body.subspan(at, end - at);
        at = end + 1;
        if (one.empty() || one.front().kind != TokenKind::word) continue;
        item.names.push_back(words.id(one.front().text));
        const bool valued = one.size() > 2 && is_mark(one[1], '=');
        // An attribute in place of a value leaves it unknown.
        values.add(one.front().text, one.subspan(valued ? 2 : 1), conditions);
    }
}

}  // namespace

void read_enumeration(Tokens all, Words& words, Item& item) {
    item.kind = ItemKind::enumeration;
    const auto kept = without_directives(all);
    const Tokens tokens(kept);
    const auto brace = next_mark(tokens, '{', 0);
    int depth = 0;
    auto end = brace;
    for (; end < tokens.size(); ++end)
        if ((depth += depth_step(tokens[end])) == 0) break;
    EnumValues values;
    read_enumerators(tokens.subspan(brace + 1, std::min(end, tokens.size()) - brace - 1),
                     kept.size() != all.size(), words, item, values);
    const auto head = tokens.first(brace);
    // "} name;" also makes a variable, "} __packed;" a type whose size goes with its values.
    const bool ends = end + 2 == tokens.size() && is_mark(tokens[end + 1], ';');
    if (!is_plain_head(head) || !ends) item.kind = ItemKind::other;
    item.tagged = head.size() == 2;
    // A new value may change sign or size of the type: then whoever names the type is reached.
    if (item.tagged && !values.plain()) item.names.push_back(words.id(head[1].text));
}

}  // namespace krepro::build
