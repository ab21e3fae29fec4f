// SPDX-License-Identifier: Apache-2.0
// How fast consoles are read: one without a splat, one of nothing but splats with its JSON, and
// `grep -c -F -f patterns` on the same files beside it, all in MB a processor second. The consoles
// are the goldens, repeated.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "report/families.hpp"
#include "report/scanner.hpp"

namespace fs = std::filesystem;
using namespace krepro;

namespace {

constexpr std::size_t k_chunk = std::size_t{64} * 1024;
constexpr std::size_t k_clean_file = 256000000;
constexpr std::size_t k_splat_file = 32000000;
constexpr int k_clean_passes = 4;
constexpr int k_splat_passes = 3;  // a second each
constexpr double k_mega = 1e6;

// Processor time, of this process or of its ended children: a machine busy with other work does not
// change the figures.
double processor_s(int who) {
    rusage usage{};
    getrusage(who, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// A folder that is gone when the benchmark ends.
class TempFolder {
  public:
    TempFolder() {
        std::string name = (fs::temp_directory_path() / "krepro-bench-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) std::abort();
        path_ = name;
    }
    ~TempFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    [[nodiscard]] fs::path file(const char* name) const { return path_ / name; }

  private:
    fs::path path_;
};

std::string golden_console(const char* name) {
    std::ifstream file(fs::path(KREPRO_GOLDENS) / name, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto head_end = text.find("\n\n");
    return head_end == std::string::npos ? std::string() : text.substr(head_end + 2);
}

// The part of a console between the first and the last line of its reports.
std::string splats_of(const std::string& console) {
    const auto reports = report::parse(console);
    if (reports.empty()) return {};
    return console.substr(reports.front().first_byte,
                          reports.back().end_byte - reports.front().first_byte);
}

void write_repeated(const fs::path& path, const std::string& text, std::size_t size) {
    std::ofstream file(path, std::ios::binary);
    for (std::size_t written = 0; written < size; written += text.size()) file << text;
}

struct Pass {
    double seconds = 0;
    std::size_t bytes = 0;
    std::size_t reports = 0;
    std::size_t json_bytes = 0;
    [[nodiscard]] double mb_s() const { return static_cast<double>(bytes) / k_mega / seconds; }
};

Pass scan(const fs::path& path, int passes) {
    Pass pass;
    std::vector<char> chunk(k_chunk);
    report::Scanner scanner;
    const auto take = [&pass](const std::vector<model::Report>& reports) {
        if (reports.empty()) return;
        pass.reports += reports.size();
        pass.json_bytes += report::dump_parse_json(reports).size();
    };
    const double start = processor_s(RUSAGE_SELF);
    for (int i = 0; i < passes; ++i) {
        std::FILE* file = std::fopen(path.c_str(), "rb");
        if (file == nullptr) std::abort();
        std::setvbuf(file, nullptr, _IONBF, 0);
        while (const std::size_t got = std::fread(chunk.data(), 1, chunk.size(), file)) {
            pass.bytes += got;
            take(scanner.feed({chunk.data(), got}));
        }
        std::fclose(file);
    }
    take(scanner.flush());
    pass.seconds = processor_s(RUSAGE_SELF) - start;
    return pass;
}

double grep_mb_s(const fs::path& patterns, const fs::path& path) {
    // Not to /dev/null: grep would notice and stop at the first match.
    const std::string command = fmt::format("LC_ALL=C grep -c -F -f '{}' '{}' > '{}.count'",
                                            patterns.string(), path.string(), path.string());
    const double start = processor_s(RUSAGE_CHILDREN);
    const int status = std::system(command.c_str());
    if (status < 0) return 0;
    return static_cast<double>(fs::file_size(path)) / k_mega /
           (processor_s(RUSAGE_CHILDREN) - start);
}

void write_patterns(const fs::path& path) {
    std::ofstream file(path);
    for (const report::Family& family : report::families())
        file << family.needle.substr(family.needle.starts_with("^") ? 1 : 0) << "\n";
}

double resident_mib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

int main() {
    const std::string clean = golden_console("patched-6.1.8-rt5-4vcpu-amplified.log");
    const std::string splats = splats_of(golden_console("unpatched-6.1.8-rt5-8vcpu-verbatim.log"));
    if (clean.empty() || splats.empty()) {
        fmt::print(stderr, "bench parse: no goldens in {}\n", KREPRO_GOLDENS);
        return 1;
    }
    const TempFolder folder;
    // Without its first line, which says that the kernel starts: to start again would be a report.
    write_repeated(folder.file("clean"), clean.substr(clean.find('\n') + 1), k_clean_file);
    write_repeated(folder.file("splats"), splats, k_splat_file);
    write_patterns(folder.file("patterns"));

    const Pass warm = scan(folder.file("clean"), 1);
    const Pass quiet = scan(folder.file("clean"), k_clean_passes);
    const Pass loud = scan(folder.file("splats"), k_splat_passes);
    const double rss = resident_mib();
    const double grep_clean = grep_mb_s(folder.file("patterns"), folder.file("clean"));
    const double grep_splats = grep_mb_s(folder.file("patterns"), folder.file("splats"));
    const double ratio = grep_clean > 0 ? quiet.mb_s() / grep_clean : 0;

    fmt::print("{:<10} {:>10} {:>12} {:>12} {:>10} {:>12}\n", "console", "MB", "krepro MB/s",
               "grep MB/s", "reports", "JSON MB");
    fmt::print("{:<10} {:>10.0f} {:>12.0f} {:>12.0f} {:>10} {:>12.1f}\n", "clean",
               static_cast<double>(quiet.bytes) / k_mega, quiet.mb_s(), grep_clean, quiet.reports,
               static_cast<double>(quiet.json_bytes) / k_mega);
    fmt::print("{:<10} {:>10.0f} {:>12.1f} {:>12.0f} {:>10} {:>12.1f}\n", "splats",
               static_cast<double>(loud.bytes) / k_mega, loud.mb_s(), grep_splats, loud.reports,
               static_cast<double>(loud.json_bytes) / k_mega);
    fmt::print(
        "{{\"clean_mb_s\": {:.1f}, \"splat_mb_s\": {:.1f}, \"grep_ratio\": {:.3f}, \"rss_mib\": "
        "{:.1f}, \"false_reports\": {}}}\n",
        quiet.mb_s(), loud.mb_s(), ratio, rss, quiet.reports + warm.reports);
    return 0;
}
