// SPDX-License-Identifier: Apache-2.0
// A dependency cycle laid out for a drawing: locks round a ring, an arrow from each lock that was
// held to the one that was taken under it.

import { plain } from './display';
import type { ChainLink } from './model';

export interface Node {
    link: ChainLink;
    x: number; // the middle of its box
    y: number;
    width: number;
}

export interface Edge {
    // The entry of the chain whose trace shows it: `to` was taken while `from` was held.
    link: ChainLink;
    from: ChainLink;
    closes: boolean; // what was about to happen; the others had happened before
    path: string;
    label: { x: number; y: number };
}

export interface Drawing {
    width: number;
    height: number;
    nodes: Node[];
    edges: Edge[];
}

export const k_node_height = 40;
const k_character_px = 7.3;
const k_longest_name = 30;

// A name that fits into its box.
export function short_name(name: string): string {
    return name.length <= k_longest_name ? name : `${name.slice(0, k_longest_name - 1)}…`;
}

function node_width(link: ChainLink): number {
    return Math.max(84, Math.round(short_name(plain(link.lock.name)).length * k_character_px) + 26);
}

interface Point {
    x: number;
    y: number;
}

// Where the straight line from the middle of a box towards `to` leaves it.
function border(node: Node, to: Point): Point {
    const dx = to.x - node.x;
    const dy = to.y - node.y;
    const across = dx === 0 ? Infinity : node.width / 2 / Math.abs(dx);
    const along = dy === 0 ? Infinity : k_node_height / 2 / Math.abs(dy);
    const share = Math.min(1, across, along);
    return { x: node.x + dx * share, y: node.y + dy * share };
}

const round = (value: number): number => Math.round(value * 10) / 10;

// Bent away from the middle of the ring, so that the two arrows of a pair stay apart.
function edge_between(from: Node, to: Node, middle: Point): Pick<Edge, 'path' | 'label'> {
    const half = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
    const dx = to.x - from.x;
    const dy = to.y - from.y;
    const length = Math.hypot(dx, dy) || 1;
    const away = { x: -dy / length, y: dx / length };
    const outward = (half.x - middle.x) * away.x + (half.y - middle.y) * away.y;
    const bend = (outward < -1 ? -1 : 1) * Math.min(46, length * 0.24);
    const control = { x: half.x + away.x * bend * 2, y: half.y + away.y * bend * 2 };
    const start = border(from, control);
    const end = border(to, control);
    return {
        path: `M${round(start.x)} ${round(start.y)} Q${round(control.x)} ${round(control.y)} ${round(end.x)} ${round(end.y)}`,
        label: {
            x: round((start.x + 2 * control.x + end.x) / 4),
            y: round((start.y + 2 * control.y + end.y) / 4),
        },
    };
}

function ring(chain: ChainLink[]): Node[] {
    const widths = chain.map(node_width);
    const widest = Math.max(...widths);
    const count = chain.length;
    // Two stand above each other: wide enough for a name, narrow enough for a telephone.
    const rx = count === 2 ? 0 : Math.max(widest * 0.62, count * 26);
    const ry = count === 2 ? 78 : Math.max(88, count * 26);
    return chain.map((link, i) => {
        const angle = (2 * Math.PI * i) / count - Math.PI / 2;
        return { link, x: rx * Math.cos(angle), y: ry * Math.sin(angle), width: widths[i] ?? 84 };
    });
}

// `chain` as the report has it, from the highest number down to 0. Nothing to draw: null.
export function draw_cycle(chain: ChainLink[]): Drawing | null {
    const ordered = [...chain].sort((a, b) => a.number - b.number);
    if (ordered.length < 2) return null;
    const nodes = ring(ordered);
    const edges = nodes.map((to, i) => {
        const from = nodes[(i + nodes.length - 1) % nodes.length] ?? to;
        return {
            link: to.link,
            from: from.link,
            closes: i === 0,
            ...edge_between(from, to, { x: 0, y: 0 }),
        };
    });
    return framed(nodes, edges);
}

// Moved so that everything is within the drawing.
function framed(nodes: Node[], edges: Edge[]): Drawing {
    const k_margin = 18;
    const xs = [
        ...nodes.flatMap((node) => [node.x - node.width / 2, node.x + node.width / 2]),
        ...edges.flatMap((edge) => [edge.label.x - 16, edge.label.x + 16]),
    ];
    const ys = [
        ...nodes.flatMap((node) => [node.y - k_node_height / 2, node.y + k_node_height / 2]),
        ...edges.flatMap((edge) => [edge.label.y - 16, edge.label.y + 16]),
    ];
    const left = Math.min(...xs) - k_margin;
    const top = Math.min(...ys) - k_margin;
    const moved = (path: string): string =>
        path.replace(
            /(-?[\d.]+) (-?[\d.]+)/g,
            (_, x: string, y: string) => `${round(Number(x) - left)} ${round(Number(y) - top)}`,
        );
    return {
        width: Math.ceil(Math.max(...xs) + k_margin - left),
        height: Math.ceil(Math.max(...ys) + k_margin - top),
        nodes: nodes.map((node) => ({ ...node, x: round(node.x - left), y: round(node.y - top) })),
        edges: edges.map((edge) => ({
            ...edge,
            path: moved(edge.path),
            label: { x: round(edge.label.x - left), y: round(edge.label.y - top) },
        })),
    };
}
