// SPDX-License-Identifier: Apache-2.0
#include "image/cpio.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <memory>

namespace krepro::image {
namespace {

using util::ErrorKind;
using util::fail;
using util::Result;

struct WriterFree {
    void operator()(archive* writer) const { archive_write_free(writer); }
};
using Writer = std::unique_ptr<archive, WriterFree>;

struct EntryFree {
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};
using Entry = std::unique_ptr<archive_entry, EntryFree>;

la_ssize_t append(archive*, void* out, const void* bytes, std::size_t size) {
    static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
    return static_cast<la_ssize_t>(size);
}

auto archive_failure(archive* writer, const std::string& path) {
    const char* text = archive_error_string(writer);
    return fail(ErrorKind::internal, text != nullptr ? text : "the archive cannot be written",
                "initramfs: /" + path);
}

void describe(archive_entry* entry, const Cpio::Folder& folder) {
    archive_entry_set_filetype(entry, AE_IFDIR);
    archive_entry_set_perm(entry, folder.mode);
}

void describe(archive_entry* entry, const Cpio::File& file) {
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, file.mode);
    archive_entry_set_size(entry, static_cast<la_int64_t>(file.content.size()));
}

void describe(archive_entry* entry, const Cpio::Link& link) {
    archive_entry_set_filetype(entry, AE_IFLNK);
    archive_entry_set_perm(entry, 0777);
    archive_entry_set_symlink(entry, link.to.c_str());
}

void describe(archive_entry* entry, const Cpio::CharDevice& device) {
    archive_entry_set_filetype(entry, AE_IFCHR);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_rdev(entry, makedev(device.major, device.minor));
}

bool write_node(archive* writer, const std::string& path, const Cpio::Node& node) {
    const Entry entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), path.c_str());
    archive_entry_set_mtime(entry.get(), 0, 0);
    archive_entry_set_uid(entry.get(), 0);
    archive_entry_set_gid(entry.get(), 0);
    archive_entry_set_nlink(entry.get(), 1);
    archive_entry_set_size(entry.get(), 0);
    std::visit([&](const auto& kind) { describe(entry.get(), kind); }, node);
    if (archive_write_header(writer, entry.get()) != ARCHIVE_OK) return false;
    const auto* file = std::get_if<Cpio::File>(&node);
    if (file == nullptr || file->content.empty()) return true;
    const auto size = static_cast<la_ssize_t>(file->content.size());
    return archive_write_data(writer, file->content.data(), file->content.size()) == size;
}

Writer open_writer(std::string& out) {
    Writer writer(archive_write_new());
    archive_write_set_format_cpio_newc(writer.get());
    archive_write_add_filter_none(writer.get());
    // No padding to tape blocks.
    archive_write_set_bytes_in_last_block(writer.get(), 1);
    archive_write_open(writer.get(), &out, nullptr, append, nullptr);
    return writer;
}

}  // namespace

void Cpio::add(std::string_view path, Node node) {
    const std::string name(path.substr(path.find_first_not_of('/')));
    for (auto slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1))
        nodes_.try_emplace(name.substr(0, slash), Folder{});
    nodes_.try_emplace(name, std::move(node));
}

Result<std::string> Cpio::bytes() const {
    std::string out;
    const auto writer = open_writer(out);
    // A folder's name is a prefix of its files' names, so that it comes before them.
    for (const auto& [path, node] : nodes_)
        if (!write_node(writer.get(), path, node)) return archive_failure(writer.get(), path);
    if (archive_write_close(writer.get()) != ARCHIVE_OK) return archive_failure(writer.get(), "");
    return out;
}

}  // namespace krepro::image
