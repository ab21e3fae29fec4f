// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

// @ts-expect-error: a script of the build, without types of its own
import { type_of, types_of } from '../tools/types.mjs';

describe('a schema becomes a type', () => {
    test.each([
        [{ type: 'integer' }, 'number'],
        [{ type: ['string', 'null'] }, 'string | null'],
        [{ enum: ['kvm', ''] }, "'kvm' | ''"],
        [{ $ref: '#/components/schemas/Frame' }, 'Frame'],
        [{ oneOf: [{ $ref: '#/x/Job' }, { type: 'null' }] }, 'Job | null'],
        [{ type: 'array', items: { type: 'array', items: { type: 'number' } } }, 'number[][]'],
        [{ type: 'array', items: { type: ['string', 'null'] } }, '(string | null)[]'],
        [{ type: 'object', additionalProperties: { type: 'string' } }, 'Record<string, string>'],
        [{ type: 'object' }, 'Record<string, unknown>'],
        [
            { type: 'object', required: ['a'], properties: { a: {}, b: {} } },
            'an error: it says nothing of a',
        ],
    ])('%j', (schema, type) => {
        if (type.startsWith('an error')) expect(() => type_of(schema)).toThrow();
        else expect(type_of(schema)).toBe(type);
    });
    test('what is neither asked for nor has a default may be missing', () =>
        expect(
            type_of({
                type: 'object',
                required: ['a'],
                properties: {
                    a: { type: 'string' },
                    b: { type: 'string', default: '' },
                    c: { type: 'string' },
                },
            }),
        ).toBe('{\n    a: string;\n    b: string;\n    c?: string;\n}'));
    test('a document gives one type a schema', () =>
        expect(
            types_of({ components: { schemas: { Arm: { enum: ['a'], description: 'Which.' } } } }),
        ).toContain("// Which.\nexport type Arm = 'a';\n"));
});
