// SPDX-License-Identifier: Apache-2.0
import { useEffect } from 'preact/hooks';

import { plain } from './display';

export function use_title(text: string): void {
    useEffect(() => {
        document.title = text ? `${plain(text).slice(0, 120)} · krepro` : 'krepro';
    }, [text]);
}
