// SPDX-License-Identifier: Apache-2.0
// Going through a page as one does without a mouse.

import { demand } from './checks.mjs';

export function has_focus(page, selector) {
    return page.evaluate((wanted) => document.activeElement?.matches(wanted), selector);
}

export async function tab_to(page, selector) {
    for (let i = 0; i < 60 && !(await has_focus(page, selector)); ++i)
        await page.keyboard.press('Tab');
    demand(await has_focus(page, selector), `Tab does not reach ${selector}`);
}
