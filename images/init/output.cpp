// SPDX-License-Identifier: Apache-2.0
#include "init/output.hpp"

#include <algorithm>
#include <utility>

namespace krepro::guest {

std::vector<std::string> OutputLines::feed(std::string_view bytes) {
    std::vector<std::string> lines;
    for (const char byte : bytes) {
        if (byte == '\n') {
            lines.push_back(complete());
        } else if (partial_.size() < k_longest_line && byte != '\r') {
            const auto code = static_cast<unsigned char>(byte);
            partial_ += code < 0x20 || code == 0x7f ? ' ' : byte;
        }
    }
    return lines;
}

std::vector<std::string> OutputLines::finish() {
    if (partial_.empty()) return {};
    return {complete()};
}

std::string OutputLines::complete() {
    std::string line = std::exchange(partial_, {});
    kept_.push_back(line);
    kept_bytes_ += line.size() + 1;
    while (kept_bytes_ > k_kept_bytes) {
        kept_bytes_ -= kept_.front().size() + 1;
        kept_.pop_front();
    }
    return line;
}

std::string OutputLines::tail() const {
    std::string text;
    for (const auto& line : kept_) {
        if (!text.empty()) text += '\n';
        text += line;
    }
    return text;
}

bool LineBudget::take(double uptime) {
    const double grown = tokens_ + (uptime - last_) * k_per_second;
    tokens_ = std::min<double>(k_burst, grown);
    last_ = uptime;
    if (tokens_ < 1) {
        ++refused_;
        return false;
    }
    tokens_ -= 1;
    return true;
}

std::int64_t LineBudget::take_refused() {
    return std::exchange(refused_, 0);
}

}  // namespace krepro::guest
