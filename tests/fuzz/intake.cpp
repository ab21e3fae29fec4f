// SPDX-License-Identifier: Apache-2.0
// Properties of read_mail for any bytes: it answers, an error says what and how to mend it, and
// what it accepted is safe to hand to git and to JSON. The patch it wrote reads as itself.
#include "intake/intake.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/json.hpp"

namespace {

void require(bool property) {
    if (!property) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto mail = krepro::intake::read_mail(bytes);
    if (!mail) {
        require(!mail.error().what.empty() && !mail.error().where.empty());
        require(!mail.error().hint.empty());
        return 0;
    }
    require(!mail->files.empty() && !mail->title.empty() && mail->patch.ends_with('\n'));
    for (const auto& file : mail->files)
        for (const auto& path : {file.old_path, file.new_path})
            require(!path.starts_with('/') && !path.starts_with("../") &&
                    path.find("/../") == std::string::npos && !path.starts_with(".git/"));
    const auto json = krepro::model::to_json(*mail);
    require(krepro::model::from_json<krepro::model::Mail>(
                krepro::model::Json::parse(json.dump())) == *mail);
    const auto again = krepro::intake::read_mail(mail->patch);
    require(again && again->patch == mail->patch && again->files == mail->files);
    return 0;
}
