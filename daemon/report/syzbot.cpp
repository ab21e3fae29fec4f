// SPDX-License-Identifier: Apache-2.0
#include "report/syzbot.hpp"

#include "report/culprit.hpp"
#include "report/frame.hpp"
#include "report/frame_class.hpp"
#include "report/text.hpp"
#include "report/titles.hpp"
#include "report/trace.hpp"

namespace krepro::report {

model::SyzbotView syzbot_view(const Splat& splat) {
    model::SyzbotView view;
    if (splat.headline < splat.lines.size())
        view.title = stable_text(splat.lines[splat.headline].text);
    return view;
}

}  // namespace krepro::report
