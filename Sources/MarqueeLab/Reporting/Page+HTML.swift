internal import Foundation
internal import Mustache

extension Page {
    /// Where Debian's libjs-chart.js lies; `MARQUEE_CHART_JS` names another place.
    private static let chartLibraryPaths = [
        "/usr/share/javascript/chart.js/chart.min.js", "/usr/share/nodejs/chart.js/dist/chart.min.js",
    ]

    /// The page as one file that needs no other and no network, with the Chart.js of this system.
    func html() throws -> String { try html(chartLibrary: Self.systemChartLibrary()) }

    /// - Parameter library: the source of Chart.js; nil for a page without charts, which says so.
    func html(chartLibrary library: String?) throws -> String {
        let charts = sections.flatMap(\.blocks).compactMap(\.chart)
        var number = 0
        let sections = sections.enumerated().map { index, section in
            Rendered.Section(
                number: index + 1, title: section.title, text: section.text,
                blocks: section.blocks.map { block in
                    let chart = block.chart.map { chart in
                        defer { number += 1 }
                        return Rendered.Chart(
                            number: number, title: chart.title, height: chart.height, isHalf: chart.isHalf)
                    }
                    return Rendered.Block(
                        table: block.table, chart: library == nil ? nil : chart, fold: block.fold, note: block.note)
                })
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "", negativeInfinity: "", nan: "")
        let rendered = Rendered(
            title: title, lead: lead, hasCards: !cards.isEmpty, cards: cards, hasContents: hasContents,
            sections: sections, footer: footer,
            lacksCharts: library == nil && !charts.isEmpty, style: Self.style,
            library: library.map(Self.scriptSafe),
            charts: library == nil ? nil : Self.json(try encoder.encode(charts)),
            script: Self.script)
        return try MustacheTemplate(string: Self.template).render(rendered)
    }

    private static func systemChartLibrary() -> String? {
        let own = ProcessInfo.processInfo.environment["MARQUEE_CHART_JS"]
        return (own.map { [$0] } ?? chartLibraryPaths).lazy.compactMap {
            try? String(contentsOfFile: $0, encoding: .utf8)
        }.first
    }

    /// JSON that no name out of data can make into markup.
    private static func json(_ data: Data) -> String {
        String(decoding: data, as: UTF8.self).replacingOccurrences(of: "<", with: "\\u003c")
    }

    /// A script's text cannot hold the end of a script.
    private static func scriptSafe(_ text: String) -> String {
        text.replacingOccurrences(of: "</", with: "<\\/").replacingOccurrences(of: "<!--", with: "<\\!--")
    }

    /// What the template sees.
    private struct Rendered {
        struct Section {
            var number: Int
            var title, text: String
            var blocks: [Block]
        }
        struct Block {
            var table: Table?
            var chart: Chart?
            var fold: Fold?
            var note: String?
        }
        struct Chart {
            var number: Int
            var title: String
            var height: Int
            var isHalf: Bool
        }
        var title, lead: String
        var hasCards: Bool
        var cards: [Card]
        var hasContents: Bool
        var sections: [Section]
        var footer: String
        var lacksCharts: Bool
        var style: String
        var library: String?
        var charts: String?
        var script: String
    }

    private static let template = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{{title}}</title>
        <style>{{{style}}}</style>
        </head>
        <body>
        <header>
        <h1>{{title}}</h1>
        <p class="lead">{{lead}}</p>
        </header>
        <main>
        {{#lacksCharts}}
        <p class="notice">Charts are left out because Chart.js is not installed on the machine that wrote this page. The tables hold the same figures. To have charts, run <code>apt install libjs-chart.js</code> and write the page again.</p>
        {{/lacksCharts}}
        {{#hasCards}}
        <ul class="cards">
        {{#cards}}
        <li><strong>{{value}}</strong><span>{{label}}</span></li>
        {{/cards}}
        </ul>
        {{/hasCards}}
        {{#hasContents}}
        <nav aria-label="Contents"><ol>
        {{#sections}}
        <li><a href="#section-{{number}}">{{title}}</a></li>
        {{/sections}}
        </ol></nav>
        {{/hasContents}}
        {{#sections}}
        <section id="section-{{number}}">
        <h2>{{title}}</h2>
        {{#text}}<p>{{text}}</p>{{/text}}
        {{#blocks}}
        {{#table}}
        <div class="scroll{{#isHalf}} half{{/isHalf}}"><table>
        <caption><span>{{caption}}</span></caption>
        <thead><tr>{{#columns}}<th scope="col"{{#isNumber}} class="n"{{/isNumber}}>{{title}}</th>{{/columns}}</tr></thead>
        <tbody>
        {{#rows}}
        <tr>{{#cells}}{{#isHead}}<th scope="row">{{text}}</th>{{/isHead}}{{^isHead}}<td class="{{#isNumber}}n{{/isNumber}}{{#isBest}} best{{/isBest}}"{{#shade}} style="--shade:{{shade}}%"{{/shade}}>{{text}}{{#note}} <small>{{note}}</small>{{/note}}</td>{{/isHead}}{{/cells}}</tr>
        {{/rows}}
        </tbody>
        </table></div>
        {{/table}}
        {{#chart}}
        <figure{{#isHalf}} class="half"{{/isHalf}}>
        <figcaption>{{title}}</figcaption>
        <div class="canvas" style="height:{{height}}px"><canvas data-chart="{{number}}" role="img" aria-label="{{title}}"></canvas></div>
        </figure>
        {{/chart}}
        {{#note}}
        <p class="note">{{note}}</p>
        {{/note}}
        {{#fold}}
        <details><summary>{{title}}</summary><pre>{{text}}</pre></details>
        {{/fold}}
        {{/blocks}}
        </section>
        {{/sections}}
        </main>
        <footer>{{footer}}</footer>
        {{#charts}}
        <script>{{{library}}}</script>
        <script>const charts = {{{charts}}};
        {{{script}}}</script>
        {{/charts}}
        </body>
        </html>

        """

    private static let style = """
        :root{--ground:#fff;--panel:#f6f7f9;--ink:#1c2430;--soft:#5c6675;--line:#dfe3e8;--accent:#2a62c9;--best:#e6effc}
        @media (prefers-color-scheme:dark){:root{--ground:#14181e;--panel:#1c222b;--ink:#e7ebf0;--soft:#9ba6b4;--line:#303945;--accent:#7eaaf5;--best:#1f3352}}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:72rem;padding:1.5rem clamp(1rem,4vw,2.5rem) 3rem;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
        h1{font-size:clamp(1.5rem,4vw,2.1rem);line-height:1.2;margin:0 0 .4rem}
        h2{font-size:1.25rem;margin:2.4rem 0 .4rem;padding-top:1rem;border-top:1px solid var(--line)}
        .lead,section>p:not(.note){color:var(--soft);max-width:52rem;margin:.2rem 0 1rem;overflow-wrap:anywhere}
        h1,h2,figcaption,.note,nav a,summary,footer{overflow-wrap:anywhere}
        .notice{background:var(--best);border-left:4px solid var(--accent);padding:.7rem 1rem;border-radius:4px}
        .cards{list-style:none;display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem;padding:0;margin:1.25rem 0}
        .cards li{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:.8rem 1rem}
        .cards strong{display:block;font-size:1.35rem;line-height:1.25;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
        .cards span{color:var(--soft);font-size:.85rem}
        .scroll{container-type:inline-size;overflow-x:auto;margin:.8rem 0 1.4rem;-webkit-overflow-scrolling:touch}
        table{border-collapse:separate;border-spacing:0;width:100%;font-size:.92rem}
        caption{text-align:left;color:var(--soft);font-size:.85rem;padding-bottom:.5rem}
        caption span{position:sticky;left:0;display:inline-block;max-width:min(68rem,100cqw)}
        th,td{padding:.42rem .55rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
        thead th{color:var(--soft);font-weight:600;border-bottom:2px solid var(--line);vertical-align:bottom}
        tbody th{font-weight:600;white-space:nowrap}
        .n{text-align:right;font-variant-numeric:tabular-nums}td.n{white-space:nowrap}
        td.best{background:var(--best);font-weight:700}
        td small{display:block;color:var(--soft);font-weight:400}
        td[style]{background:color-mix(in srgb,var(--accent) var(--shade),var(--ground))}
        .note{border-left:4px solid var(--accent);padding-left:.8rem}
        nav ol{columns:3 16rem;column-gap:2rem;padding-left:1.6rem;margin:.5rem 0 1rem;font-size:.92rem}
        nav a{color:var(--accent);text-decoration:none}
        nav a:hover{text-decoration:underline}
        tbody tr:hover{background:var(--panel)}
        section{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));column-gap:1rem}
        section>*{grid-column:1/-1;min-width:0}
        section>.half{grid-column:auto;align-self:start}
        figure{margin:.6rem 0 1.1rem;padding:.9rem 1rem;border:1px solid var(--line);border-radius:10px;break-inside:avoid}
        figcaption{font-weight:600;font-size:.95rem;margin-bottom:.5rem}
        .canvas{position:relative}
        details{margin:.6rem 0;border:1px solid var(--line);border-radius:8px;padding:.5rem .9rem}
        summary{cursor:pointer;font-weight:600}
        pre{overflow-x:auto;font:13px/1.45 ui-monospace,"SF Mono",Menlo,Consolas,monospace}
        code{font-family:ui-monospace,Menlo,Consolas,monospace}
        footer{margin-top:3rem;color:var(--soft);font-size:.85rem;border-top:1px solid var(--line);padding-top:1rem}
        @media (max-width:48rem){section{grid-template-columns:minmax(0,1fr)}}
        @media (max-width:40rem){body{font-size:15px}th,td{padding:.38rem .5rem}tbody th{position:sticky;left:0;background:var(--ground);white-space:normal;min-width:6.5rem}figure{padding:.7rem .5rem}}
        @media print{:root{--ground:#fff;--panel:#fff;--ink:#000;--soft:#444;--line:#bbb;--accent:#000;--best:#eee}body{max-width:none;padding:0;font-size:10pt}.scroll{overflow:visible}thead{display:table-header-group}tr,li{break-inside:avoid}section{display:block}h2{break-after:avoid}details{display:none}}
        """

    private static let script = """
        (() => {
          const palette = ["#3b78e7", "#e8833a", "#2a9d8f", "#b5529e", "#c9980f", "#7d8794", "#cf4b3f", "#5f9c52", "#8263d1", "#0c98bd"];
          const drawn = [];
          const colors = () => {
            const style = getComputedStyle(document.documentElement);
            return { ink: style.getPropertyValue("--ink"), soft: style.getPropertyValue("--soft"), line: style.getPropertyValue("--line") };
          };
          const short = value => typeof value !== "number" ? value
            : Math.abs(value) >= 1e6 ? +(value / 1e6).toPrecision(3) + " M"
            : Math.abs(value) >= 1e4 ? +(value / 1e3).toPrecision(3) + " k" : value.toLocaleString("en", { maximumFractionDigits: 4 });
          const config = chart => {
            const lying = chart.kind === "rows", line = chart.kind === "line", c = colors();
            const value = { beginAtZero: chart.startsAtZero, suggestedMin: chart.bounds?.[0], suggestedMax: chart.bounds?.[1], grid: { color: c.line }, ticks: { color: c.soft, callback: v => chart.isPercent ? short(v * 100) + " %" : short(v) }, title: { display: !!chart.yTitle, text: chart.yTitle, color: c.soft } };
            const name = { offset: !line || chart.labels.length === 1, grid: { display: line, color: c.line }, ticks: { color: lying ? c.ink : c.soft, autoSkip: !lying, maxRotation: 60 }, title: { display: !!chart.xTitle, text: chart.xTitle, color: c.soft } };
            return {
              type: line ? "line" : "bar",
              data: { labels: chart.labels, datasets: chart.series.map((s, i) => ({
                label: s.name, data: s.values, backgroundColor: palette[i % palette.length], borderColor: palette[i % palette.length],
                borderWidth: line ? 2 : 0, borderRadius: 3, borderDash: line && i >= palette.length ? [5, 4] : [], pointRadius: chart.labels.length > 40 ? 0 : 3, tension: 0, spanGaps: true, maxBarThickness: 34 })) },
              options: {
                animation: false, responsive: true, maintainAspectRatio: false, indexAxis: lying ? "y" : "x",
                interaction: { mode: "index", axis: lying ? "y" : "x", intersect: false },
                scales: lying ? { x: value, y: name } : { x: name, y: value },
                plugins: { legend: { display: line || chart.series.length > 1, position: "bottom", labels: { color: c.ink, boxWidth: line ? 18 : 12, boxHeight: line ? 2 : 10 } },
                  tooltip: { callbacks: { label: t => (line || chart.series.length > 1 ? t.dataset.label + ": " : "") + (chart.isPercent ? short(t.raw * 100) + " %" : short(t.raw)) } } }
              }
            };
          };
          const draw = () => {
            drawn.splice(0).forEach(chart => chart.destroy());
            document.querySelectorAll("canvas[data-chart]").forEach(canvas => drawn.push(new Chart(canvas, config(charts[canvas.dataset.chart]))));
          };
          draw();
          matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
          matchMedia("print").addEventListener("change", draw);
        })();
        """
}
