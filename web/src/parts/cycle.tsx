// SPDX-License-Identifier: Apache-2.0
// The dependency cycle of a lockdep report: a drawing, and the trace of each of its arrows.

import { useMemo, useState } from 'preact/hooks';

import type { Drawing, Edge, Node } from '../cycle';
import { draw_cycle, k_node_height, short_name } from '../cycle';
import { plain } from '../display';
import { lock_name } from '../locks';
import type { ChainLink } from '../model';
import { Trace } from './frames';
import { Shown } from './text';

function edge_words(edge: Edge): string {
    const taken = plain(lock_name(edge.link.lock));
    const held = plain(lock_name(edge.from.lock));
    return `${taken} is taken while ${held} is held`;
}

function Box({ node }: { node: Node }) {
    const name = plain(lock_name(node.link.lock));
    return (
        <g class="cycle-node">
            <rect
                x={node.x - node.width / 2}
                y={node.y - k_node_height / 2}
                width={node.width}
                height={k_node_height}
                rx={6}
            />
            <text x={node.x} y={node.y - 2} text-anchor="middle">
                {short_name(name)}
            </text>
            <text class="place" x={node.x} y={node.y + 13} text-anchor="middle">
                {short_name(plain(node.link.lock.usage ? `{${node.link.lock.usage}}` : ''))}
            </text>
            <title>{name}</title>
        </g>
    );
}

function Arrow({ edge, chosen, choose }: { edge: Edge; chosen: boolean; choose: () => void }) {
    const words = edge_words(edge);
    return (
        <a
            class={`cycle-edge ${edge.closes ? 'closes' : ''} ${chosen ? 'chosen' : ''}`}
            href={`#link-${edge.link.number}`}
            aria-label={`${edge.link.number}: ${words}: open its trace`}
            onClick={choose}
        >
            <title>{words}</title>
            <path class="reach" d={edge.path} />
            <path
                class="line"
                d={edge.path}
                marker-end={edge.closes ? 'url(#cycle-head-closes)' : 'url(#cycle-head)'}
            />
            <circle cx={edge.label.x} cy={edge.label.y} r={12} />
            <text x={edge.label.x} y={edge.label.y + 4} text-anchor="middle">
                {edge.link.number}
            </text>
        </a>
    );
}

function Head({ id, kind }: { id: string; kind: string }) {
    return (
        <marker
            id={id}
            class={kind}
            viewBox="0 0 10 10"
            refX="9"
            refY="5"
            markerUnits="userSpaceOnUse"
            markerWidth="13"
            markerHeight="13"
            orient="auto-start-reverse"
        >
            <path d="M0 0L10 5L0 10z" />
        </marker>
    );
}

function Ring({
    drawing,
    open,
    show,
}: {
    drawing: Drawing;
    open: ReadonlySet<number>;
    show: (number: number) => void;
}) {
    return (
        <div class="scroll" tabIndex={0} role="region" aria-label="Drawing of the cycle">
            <svg
                class="cycle"
                viewBox={`0 0 ${drawing.width} ${drawing.height}`}
                width={drawing.width}
                height={drawing.height}
                role="group"
                aria-label={`A cycle of ${drawing.nodes.length} locks`}
            >
                <defs>
                    <Head id="cycle-head" kind="" />
                    <Head id="cycle-head-closes" kind="closes" />
                </defs>
                {drawing.nodes.map((node) => (
                    <Box key={node.link.number} node={node} />
                ))}
                {drawing.edges.map((edge) => (
                    <Arrow
                        key={edge.link.number}
                        edge={edge}
                        chosen={open.has(edge.link.number)}
                        choose={() => show(edge.link.number)}
                    />
                ))}
            </svg>
        </div>
    );
}

function EdgeTrace({
    edge,
    open,
    toggled,
}: {
    edge: Edge;
    open: boolean;
    toggled: (to: 'open' | 'closed') => void;
}) {
    return (
        <li id={`link-${edge.link.number}`}>
            <details
                open={open}
                onToggle={(event) => toggled(event.currentTarget.open ? 'open' : 'closed')}
            >
                <summary>
                    <span class={`edge-no ${edge.closes ? 'closes' : ''}`}>{edge.link.number}</span>{' '}
                    <code>
                        <Shown text={lock_name(edge.link.lock)} />
                    </code>{' '}
                    taken while{' '}
                    <code>
                        <Shown text={lock_name(edge.from.lock)} />
                    </code>{' '}
                    is held
                </summary>
                <Trace frames={edge.link.frames} culprit="" />
            </details>
        </li>
    );
}

// In the order in which it closes: what had happened before, then what was about to happen.
function in_order(edges: Edge[]): Edge[] {
    return [...edges.filter((edge) => !edge.closes), ...edges.filter((edge) => edge.closes)];
}

export function Cycle({ chain }: { chain: ChainLink[] }) {
    const drawing = useMemo(() => draw_cycle(chain), [chain]);
    const [open, set_open] = useState<ReadonlySet<number>>(new Set());
    if (!drawing) return null;
    const toggle = (number: number, to: 'open' | 'closed') =>
        set_open((old) => {
            if (old.has(number) === (to === 'open')) return old;
            const rest = [...old].filter((other) => other !== number);
            return new Set(to === 'open' ? [...rest, number] : rest);
        });
    return (
        <section aria-labelledby="cycle">
            <h2 id="cycle">Dependency cycle</h2>
            <p class="small dim">
                An arrow goes from a lock that is held to the one taken under it; each opens its
                trace. The red one was about to close the ring.
            </p>
            <Ring drawing={drawing} open={open} show={(number) => toggle(number, 'open')} />
            <ul class="edges small">
                {in_order(drawing.edges).map((edge) => (
                    <EdgeTrace
                        key={edge.link.number}
                        edge={edge}
                        open={open.has(edge.link.number)}
                        toggled={(to) => toggle(edge.link.number, to)}
                    />
                ))}
            </ul>
        </section>
    );
}
