// SPDX-License-Identifier: Apache-2.0
#include "build/rebuild_plan.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "build/object_age.hpp"
#include "build/object_compare.hpp"
#include "build/object_tree.hpp"
#include "build/plan_closure.hpp"
#include "build/plan_places.hpp"
#include "build/plan_unique.hpp"
#include "util/clock.hpp"
#include "util/files.hpp"

namespace krepro::build {

namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

using Object = ObjectTree::Object;

constexpr std::uintmax_t k_most_source = 16U << 20U;
constexpr std::uintmax_t k_most_object = 256U << 20U;

bool is_header(std::string_view path) {
    return path.ends_with(".h");
}

class Planner {
  public:
    explicit Planner(const PlanRequest& request)
        : request_(request),
          tree_(read_object_tree(request.objects, request.source)),
          ages_(tree_, request.objects, request.source) {}

    RebuildPlan run() {
        const auto start = std::chrono::steady_clock::now();
        find_changed();
        find_stale();
        if (plan_.hard.empty()) read_files();
        if (plan_.hard.empty()) compare_all();
        if (plan_.hard.empty()) follow();
        if (plan_.hard.empty()) check_symbols();
        if (!plan_.hard.empty()) select_all();
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

    // Objects that make would build anew, and among them those for a reason that no difference of
    // the source tells: what the build itself generates, an option, or an age in which the object
    // took no part in a build.
    void find_stale() {
        for (const auto& object : tree_.objects) {
            const auto made = ages_.made(object);
            bool stale = false;
            bool depends = false;
            bool alone = ages_.has_newer_option(object, made);
            for (const auto file : object.files) {
                depends = depends || changed_[file];
                if (ages_.time(file) <= made) continue;
                stale = true;
                alone = alone || !tree_.in_source[file] || ages_.time(file) <= request_.settled;
            }
            plan_.dependents += depends ? 1 : 0;
            if (alone)
                plan_.selected.push_back(object.unit);
            else if (depends || stale)
                candidates_.push_back(&object);
        }
    }

    // Nothing is known of them but that they may be stale: they are made, whatever make thinks.
    void select_all() {
        for (const auto* object : candidates_) plan_.selected.push_back(object->unit);
        std::sort(plan_.selected.begin(), plan_.selected.end());
        const auto end = std::unique(plan_.selected.begin(), plan_.selected.end());
        plan_.selected.erase(end, plan_.selected.end());
        plan_.skipped.clear();
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
        forget_unique_names(file.c, words_);
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
        const Places places(files_, words_, noting());
        const auto place_matters = [&](const Item& item) { return places.matter(item); };
        for (const auto& [before, after] : pairs) {
            auto change = compare_headers(before, after->c, place_matters);
            if (!change.hard.empty()) {
                plan_.hard = fmt::format("{}: {}", after->path, change.hard);
                return;
            }
            names_.insert(names_.end(), change.names.begin(), change.names.end());
        }
        if (!names_.empty()) names_.push_back({words_.id(k_counter), Reach::macro});
    }

    // A configuration that cannot be read may have any sanitizer.
    [[nodiscard]] Noting noting() const {
        const auto config = util::read_foreign_file(request_.objects / ".config", k_most_source);
        return config ? noting_of(*config) : Noting::compiler;
    }

    void follow() {
        const auto closure = close_over(files_, names_, words_);
        plan_.hard = closure.hard;
        for (const auto member : closure.members)
            if (words_.text(member) != k_counter) plan_.changed.push_back(words_.text(member));
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
        const std::set<std::string_view> names(plan_.changed.begin(), plan_.changed.end());
        if (names.empty()) return;
        for (const auto& unit : plan_.skipped) {
            const auto bytes = util::read_foreign_file(request_.objects / unit, k_most_object);
            const auto symbols = bytes ? symbols_of(*bytes) : std::nullopt;
            const auto name = symbols ? first_of(*symbols, names) : std::string_view{};
            if (!symbols) plan_.hard = fmt::format("{}: its symbols cannot be read", unit);
            if (!name.empty())
                plan_.hard = fmt::format("{} has the symbol {} and does not say so", unit, name);
            if (!plan_.hard.empty()) return;
        }
    }

    // The first of the names that is one of the symbols; empty when none is.
    static std::string_view first_of(const std::vector<std::string_view>& symbols,
                                     const std::set<std::string_view>& names) {
        for (const auto symbol : symbols) {
            // "put_it.constprop.0" is put_it too.
            const auto found = names.find(symbol.substr(0, symbol.find('.', 1)));
            if (found != names.end()) return *found;
        }
        return {};
    }

    struct ChangedHeader {
        const ChangedFile* file;
        std::uint32_t index;
    };

    const PlanRequest& request_;
    ObjectTree tree_;
    ObjectAges ages_;
    RebuildPlan plan_;
    std::vector<bool> changed_;  // by index of the tree's files
    std::vector<ChangedHeader> headers_;
    std::vector<const Object*> candidates_;  // stale by the source alone
    Words words_;
    std::vector<PlanFile> files_;
    std::vector<int> index_in_plan_;  // 1 + index into files_; 0: not read
    std::vector<ChangedName> names_;
};

}  // namespace

RebuildPlan plan_rebuild(const PlanRequest& request) {
    return Planner(request).run();
}

Result<void> follow_plan(const fs::path& objects, const RebuildPlan& plan) {
    const auto failed = [&](std::string_view what, const std::string& unit) {
        return fail(ErrorKind::unavailable, std::string(what), (objects / unit).string(),
                    "check the cache folder");
    };
    for (const auto& unit : plan.selected) {
        std::error_code code;
        fs::remove(objects / unit, code);
        if (code) return failed("cannot remove an object", unit);
    }
    for (const auto& unit : plan.skipped)
        if (::utimensat(AT_FDCWD, (objects / unit).c_str(), nullptr, AT_SYMLINK_NOFOLLOW) != 0)
            return failed("cannot give an object the present time", unit);
    return {};
}

int remove_stale_objects(const fs::path& objects, const fs::path& source) {
    const auto tree = read_object_tree(objects, source);
    ObjectAges ages(tree, objects, source);
    int count = 0;
    std::error_code code;
    for (const auto& object : tree.objects)
        if (ages.is_stale(object)) count += fs::remove(objects / object.unit, code) ? 1 : 0;
    return count;
}

}  // namespace krepro::build
