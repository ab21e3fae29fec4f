// SPDX-License-Identifier: Apache-2.0
#include "build/rebuild_plan.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <set>

#include "build/object_tree.hpp"
#include "build/plan_closure.hpp"
#include "util/clock.hpp"
#include "util/files.hpp"

namespace krepro::build {

namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

using Object = ObjectTree::Object;
using FileTime = fs::file_time_type;

constexpr std::uintmax_t k_most_source = 16U << 20U;
constexpr std::uintmax_t k_most_object = 256U << 20U;

bool is_header(std::string_view path) {
    return path.ends_with(".h");
}

class Planner {
  public:
    explicit Planner(const PlanRequest& request)
        : request_(request), tree_(read_object_tree(request.objects, request.source)) {}

    RebuildPlan run() {
        const auto start = std::chrono::steady_clock::now();
        find_changed();
        find_stale();
        if (plan_.hard.empty()) read_files();
        if (plan_.hard.empty()) compare_all();
        if (plan_.hard.empty()) follow();
        if (plan_.hard.empty()) check_symbols();
        if (!plan_.hard.empty()) plan_.skipped.clear();
        plan_.seconds = util::seconds_between(start, std::chrono::steady_clock::now());
        return std::move(plan_);
    }

  private:
    // The files of the tree that changed; those that no object depends on are make's to see.
    void find_changed() {
        changed_.resize(tree_.files.size());
        std::map<std::string_view, std::uint32_t> indices;
        for (std::uint32_t i = 0; i < tree_.files.size(); ++i)
            if (tree_.in_source[i]) indices[tree_.files[i]] = i;
        for (const auto& file : request_.changed) {
            const auto found = indices.find(file.path);
            if (found != indices.end()) {
                changed_[found->second] = true;
                if (is_header(file.path)) headers_.push_back({&file, found->second});
                continue;
            }
            // A header that is new may be found in place of another one of its name.
            if (is_header(file.path) && !file.was_there)
                plan_.hard = fmt::format("{}: a new header", file.path);
        }
        for (const auto& [file, index] : headers_) {
            if (!file->was_there || !file->is_there)
                plan_.hard = fmt::format("{}: a header comes or goes", file->path);
            if (file->path.starts_with("tools/") || file->path.starts_with("scripts/"))
                plan_.hard = fmt::format("{}: a header of the build's own tools", file->path);
        }
    }

    [[nodiscard]] FileTime time_of(const fs::path& path) const {
        std::error_code code;
        const auto time = fs::last_write_time(path, code);
        return code ? FileTime::max() : time;
    }

    [[nodiscard]] bool is_newer(const std::string& option, FileTime made) {
        const auto [at, fresh] = option_times_.try_emplace(option);
        std::error_code code;
        const auto path = request_.objects / option;
        if (fresh) at->second = fs::exists(path, code) ? time_of(path) : FileTime::min();
        return at->second > made;
    }

    // Objects that make would build anew, and among them those for a reason that is not the
    // source's: what the build itself generates, or an option.
    void find_stale() {
        std::vector<FileTime> times;
        for (std::size_t i = 0; i < tree_.files.size(); ++i) {
            const fs::path root = tree_.in_source[i] ? request_.source : request_.objects;
            times.push_back(time_of(root / tree_.files[i]));
        }
        for (const auto& object : tree_.objects) {
            const auto made = time_of(request_.objects / object.unit);
            bool stale = false;
            bool depends = false;
            bool generated =
                std::any_of(object.options.begin(), object.options.end(),
                            [&](const auto& option) { return is_newer(option, made); });
            for (const auto file : object.files) {
                depends = depends || changed_[file];
                if (times[file] <= made) continue;
                stale = true;
                generated = generated || !tree_.in_source[file];
            }
            plan_.dependents += depends ? 1 : 0;
            if (generated)
                plan_.selected.push_back(object.unit);
            else if (depends || stale)
                candidates_.push_back(&object);
        }
    }

    void read_files() {
        std::vector<bool> wanted(tree_.files.size());
        for (const auto* object : candidates_)
            for (const auto file : object->files) wanted[file] = true;
        index_in_plan_.resize(tree_.files.size());
        for (std::size_t i = 0; i < tree_.files.size(); ++i) {
            if (!wanted[i]) continue;
            const fs::path root = tree_.in_source[i] ? request_.source : request_.objects;
            const auto text = util::read_foreign_file(root / tree_.files[i], k_most_source);
            if (!text) {
                if (changed_[i]) continue;  // gone: whoever needs it is selected
                plan_.hard = fmt::format("{} cannot be read", tree_.files[i]);
                return;
            }
            index_in_plan_[i] = static_cast<int>(files_.size()) + 1;
            add_file(tree_.files[i], *text);
        }
    }

    void add_file(const std::string& path, std::string_view text) {
        PlanFile file;
        file.path = path;
        file.header = is_header(path);
        file.c = read_c_file(text, words_);
        if (!file.header) {
            file.words = read_mentions(text, words_).words;
            std::erase_if(file.c.items,
                          [](const Item& item) { return item.kind != ItemKind::macro; });
        }
        files_.push_back(std::move(file));
    }

    void compare_all() {
        if (headers_.empty()) return;
        std::vector<std::pair<CFile, const PlanFile*>> pairs;
        for (const auto& [file, index] : headers_)
            if (index_in_plan_[index] != 0)
                pairs.emplace_back(read_c_file(file->before, words_),
                                   &files_[static_cast<std::size_t>(index_in_plan_[index] - 1)]);
        const auto of_lines = words_of_lines(files_, words_);
        const auto depends_on_line = [&](Words::Id word) {
            return word < of_lines.size() && of_lines[word];
        };
        for (const auto& [before, after] : pairs) {
            auto change = compare_headers(before, after->c, depends_on_line);
            if (!change.hard.empty()) {
                plan_.hard = fmt::format("{}: {}", after->path, change.hard);
                return;
            }
            names_.insert(names_.end(), change.names.begin(), change.names.end());
        }
    }

    void follow() {
        const auto closure = close_over(files_, names_, words_);
        plan_.hard = closure.hard;
        for (const auto member : closure.members) plan_.changed.push_back(words_.text(member));
        std::sort(plan_.changed.begin(), plan_.changed.end());
        if (!plan_.hard.empty()) return;
        for (const auto* object : candidates_) {
            const bool affected =
                std::any_of(object->files.begin(), object->files.end(), [&](std::uint32_t file) {
                    const auto index = index_in_plan_[file];
                    const bool direct = changed_[file] && !is_header(tree_.files[file]);
                    return direct || index == 0 ||
                           closure.touched[static_cast<std::size_t>(index - 1)];
                });
            (affected ? plan_.selected : plan_.skipped).push_back(object->unit);
        }
    }

    // An object that has one of the names as a symbol uses it, whatever its text says.
    void check_symbols() {
        std::vector<std::string> needles;
        for (const auto& name : plan_.changed) needles.push_back('\0' + name + '\0');
        if (needles.empty()) return;
        for (const auto& unit : plan_.skipped) {
            const auto bytes = util::read_foreign_file(request_.objects / unit, k_most_object);
            const auto found = [&](const std::string& needle) {
                return !bytes || ::memmem(bytes->data(), bytes->size(), needle.data(),
                                          needle.size()) != nullptr;
            };
            const auto hit = std::find_if(needles.begin(), needles.end(), found);
            if (hit == needles.end()) continue;
            plan_.hard = fmt::format("{} has the symbol {} and does not say so", unit,
                                     hit->substr(1, hit->size() - 2));
            return;
        }
    }

    struct ChangedHeader {
        const ChangedFile* file;
        std::uint32_t index;
    };

    const PlanRequest& request_;
    ObjectTree tree_;
    RebuildPlan plan_;
    std::vector<bool> changed_;  // by index of the tree's files
    std::vector<ChangedHeader> headers_;
    std::vector<const Object*> candidates_;  // stale by the source alone
    std::map<std::string, FileTime> option_times_;
    Words words_;
    std::vector<PlanFile> files_;
    std::vector<int> index_in_plan_;  // 1 + index into files_; 0: not read
    std::vector<ChangedName> names_;
};

}  // namespace

RebuildPlan plan_rebuild(const PlanRequest& request) {
    return Planner(request).run();
}

Result<void> skip_objects(const fs::path& objects, const std::vector<std::string>& units) {
    for (const auto& unit : units)
        if (::utimensat(AT_FDCWD, (objects / unit).c_str(), nullptr, AT_SYMLINK_NOFOLLOW) != 0)
            return fail(ErrorKind::unavailable, "cannot give an object the present time",
                        (objects / unit).string(), "check the cache folder");
    return {};
}

}  // namespace krepro::build
