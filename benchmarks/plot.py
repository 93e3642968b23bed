"""Draws lines over logarithmic axes as SVG."""

import math
from pathlib import Path
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 920, 560
LEFT, RIGHT, TOP, BOTTOM = 84, 210, 64, 64
COLOURS = ["#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22"]
FONT = 'font-family="system-ui, Segoe UI, Helvetica, Arial, sans-serif"'
LABEL_STEP = 17


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def _spread(places: list[float], step: float, low: float, high: float) -> list[float]:
    """Moves labels apart, each at least `step` below the one before."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    spread = list(places)
    at = low - step
    for i in order:
        at = spread[i] = max(spread[i], at + step)
    over = at - high
    for i in reversed(order):
        if over <= 0:
            break
        spread[i] = min(spread[i], high)
        high = spread[i] - step
    return spread


def lines(path: Path, title: str, x_title: str, y_title: str, series: dict[str, list[tuple[float, float]]],
          strong: set[str]) -> None:
    """`series` by name, points sorted by x; those in `strong` are drawn thicker."""
    series = {name: points for name, points in series.items() if points}
    xs = [x for points in series.values() for x, _ in points]
    ys = [y for points in series.values() for _, y in points]
    x_low, x_high = math.log10(min(xs)), math.log10(max(xs))
    y_low, y_high = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def place_x(x: float) -> float:
        return LEFT + (math.log10(x) - x_low) / max(x_high - x_low, 1e-9) * (right - LEFT)

    def place_y(y: float) -> float:
        return bottom - (math.log10(y) - y_low) / max(y_high - y_low, 1e-9) * (bottom - TOP)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT} font-size="13">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
           f'<text x="{LEFT}" y="34" font-size="18" font-weight="600" fill="#222222">{escape(title)}</text>']
    for power in range(y_low, y_high + 1):
        y = place_y(10.0**power)
        out.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#d8d8d8"/>')
        out.append(f'<text x="{LEFT - 10}" y="{y + 4:.1f}" text-anchor="end" fill="#444444">{_number(10.0**power)}</text>')
        for part in range(2, 10) if power < y_high else ():
            y = place_y(part * 10.0**power)
            out.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#f1f1f1"/>')
    for x in sorted(set(xs)):
        at = place_x(x)
        out.append(f'<line x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{bottom}" stroke="#e6e6e6"/>')
        out.append(f'<text x="{at:.1f}" y="{bottom + 20}" text-anchor="middle" fill="#444444">{_number(x)}</text>')
    out.append(f'<rect x="{LEFT}" y="{TOP}" width="{right - LEFT}" height="{bottom - TOP}" fill="none" stroke="#888888"/>')
    out.append(f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 18}" text-anchor="middle" fill="#222222">{escape(x_title)}</text>')
    middle = (TOP + bottom) / 2
    out.append(f'<text x="22" y="{middle}" text-anchor="middle" fill="#222222" transform="rotate(-90 22 {middle})">'
               f'{escape(y_title)}</text>')

    ends = [place_y(points[-1][1]) for points in series.values()]
    labels = _spread(ends, LABEL_STEP, TOP + 6, bottom)
    for i, (name, points) in enumerate(series.items()):
        colour = COLOURS[i % len(COLOURS)]
        dash = ' stroke-dasharray="6 4"' if i >= len(COLOURS) else ""
        width = 3.5 if name in strong else 1.8
        weight = ' font-weight="600"' if name in strong else ""
        path_points = " ".join(f"{place_x(x):.1f},{place_y(y):.1f}" for x, y in points)
        out.append(f'<polyline points="{path_points}" fill="none" stroke="{colour}" stroke-width="{width}"{dash}/>')
        out += [f'<circle cx="{place_x(x):.1f}" cy="{place_y(y):.1f}" r="{width + 0.8}" fill="{colour}"/>' for x, y in points]
        end = place_x(points[-1][0])
        out.append(f'<path d="M{end + 5:.1f} {ends[i]:.1f} L{right + 14} {labels[i]:.1f} H{right + 22}" fill="none" '
                   f'stroke="{colour}" stroke-width="1"/>')
        out.append(f'<text x="{right + 26}" y="{labels[i] + 4:.1f}" fill="{colour}"{weight}>{escape(name)}</text>')
    path.write_text("\n".join(out) + "\n</svg>\n")
