// SPDX-License-Identifier: Apache-2.0
// Foreign text made safe to look at. Bytes of a guest's console and of mails reach the page as
// text nodes only; here, what would be invisible or would move other text about is given a shape.

export interface Piece {
    text: string;
    control: boolean; // stands for something that cannot be seen
}

// C0 (without tab), DEL, C1, soft hyphen, bidi marks and overrides, zero-width and other format
// characters, line and paragraph separators, tags, noncharacters.
const k_hidden =
    /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/u;
const k_hidden_run = new RegExp(`(${k_hidden.source})`, 'u');

// "^[" for escape, as terminals write it; "<U+202E>" for what has no such name.
export function control_name(character: string): string {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20 || code === 0x7f) return `^${String.fromCodePoint(code ^ 0x40)}`;
    return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}

export function has_hidden(text: string): boolean {
    return k_hidden.test(text);
}

// Splits into visible stretches and stand-ins for hidden characters.
export function pieces(text: string): Piece[] {
    if (text === '') return [];
    if (!has_hidden(text)) return [{ text, control: false }];
    const found: Piece[] = [];
    // What the pattern caught stands at the odd places.
    for (const [i, part] of text.split(k_hidden_run).entries()) {
        if (part === '') continue;
        const control = i % 2 === 1;
        const shown = control ? control_name(part) : part;
        const last = found.at(-1);
        if (last && last.control === control) last.text += shown;
        else found.push({ text: shown, control });
    }
    return found;
}

// For places that take no markup: document titles, attributes.
export function plain(text: string): string {
    return pieces(text)
        .map((piece) => piece.text)
        .join('');
}

export interface Shortened {
    text: string;
    left_out: number; // characters
}

// A line of a console can be as long as a hostile guest likes.
export function shortened(text: string, limit: number): Shortened {
    if (text.length <= limit) return { text, left_out: 0 };
    const cut = is_high_surrogate(text.charCodeAt(limit - 1)) ? limit - 1 : limit;
    return { text: text.slice(0, cut), left_out: text.length - cut };
}

function is_high_surrogate(unit: number): boolean {
    return unit >= 0xd800 && unit <= 0xdbff;
}
