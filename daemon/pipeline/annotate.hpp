// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "build/symbol_protocol.hpp"
#include "intake/changed_lines.hpp"
#include "model/report.hpp"

namespace krepro::pipeline {

// The frames of a report, everywhere in it, each once: those of its call trace first.
std::vector<build::FrameQuery> frames_to_find(const model::Report& report);

// The frames of modules, "function [module]", each once. They are not asked for: only the kernel's
// own binary is kept, and a function of the kernel may have the same name.
std::vector<std::string> frames_of_modules(const model::Report& report);

using LinesByFrame = std::map<build::FrameQuery, build::FrameLines>;
using ChangedLines = std::map<std::string, std::vector<intake::LineRange>>;
// A file of the tree as the report's kernel was built from it; nothing when it cannot be read.
using ReadSource = std::function<std::optional<std::string>(const std::string& path)>;

// The report with file, line, inlined functions and source lines at its frames, and with the frames
// marked where functions stand that the patch changes (`changed`: in the lines of this kernel's
// tree). The culprit is chosen anew with what is known now.
model::Report annotate(model::Report report, const LinesByFrame& lines, const ChangedLines& changed,
                       const ReadSource& read);

}  // namespace krepro::pipeline
