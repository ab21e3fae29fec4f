// SPDX-License-Identifier: Apache-2.0
// src/api_types.ts from docs/openapi.json: one type a schema.
// Usage: node tools/types.mjs [--check]; with --check it only says whether the file is current.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const k_source = new URL('../../docs/openapi.json', import.meta.url);
const k_target = new URL('../src/api_types.ts', import.meta.url);

const indented = (text) => text.replace(/\n/g, '\n    ');
const literal = (value) => (typeof value === 'string' ? `'${value}'` : JSON.stringify(value));
const many = (type) => (/[|&]/.test(type) ? `(${type})[]` : `${type}[]`);

function comment(schema, lead) {
    return schema.description ? `${lead}// ${schema.description}\n` : '';
}

// What has a default is always there in an answer.
function member(name, schema, required) {
    const there = required.includes(name) || 'default' in schema;
    return `${comment(schema, '    ')}    ${name}${there ? '' : '?'}: ${indented(type_of(schema))};\n`;
}

function body_of(schema) {
    const members = Object.entries(schema.properties).map(([name, part]) =>
        member(name, part, schema.required ?? []),
    );
    return `{\n${members.join('')}}`;
}

const k_plain = {
    string: 'string',
    integer: 'number',
    number: 'number',
    boolean: 'boolean',
    null: 'null',
};

export function type_of(schema) {
    if (schema.$ref) return schema.$ref.split('/').at(-1);
    if (schema.enum) return schema.enum.map(literal).join(' | ');
    if ('const' in schema) return literal(schema.const);
    if (schema.oneOf) return schema.oneOf.map(type_of).join(' | ');
    if (schema.allOf) return schema.allOf.map(type_of).join(' & ');
    if (Array.isArray(schema.type)) return schema.type.map((type) => k_plain[type]).join(' | ');
    if (schema.type === 'array') return many(type_of(schema.items));
    if (schema.properties) return body_of(schema);
    if (schema.type === 'object') {
        const values = schema.additionalProperties;
        return `Record<string, ${values ? type_of(values) : 'unknown'}>`;
    }
    const plain = k_plain[schema.type];
    if (!plain) throw new Error(`no type for ${JSON.stringify(schema)}`);
    return plain;
}

export function types_of(document) {
    const parts = Object.entries(document.components.schemas).map(([name, schema]) =>
        schema.properties
            ? `${comment(schema, '')}export interface ${name} ${body_of(schema)}\n`
            : `${comment(schema, '')}export type ${name} = ${type_of(schema)};\n`,
    );
    return [
        '// SPDX-License-Identifier: Apache-2.0\n',
        '// Made by tools/types.mjs from docs/openapi.json: change that, and run `npm run types`.\n\n',
        parts.join('\n'),
    ].join('');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const types = types_of(JSON.parse(readFileSync(k_source, 'utf8')));
    if (!process.argv.includes('--check')) writeFileSync(k_target, types);
    else if (readFileSync(k_target, 'utf8') !== types) {
        console.error('src/api_types.ts is not what docs/openapi.json says: npm run types');
        process.exit(1);
    }
}
